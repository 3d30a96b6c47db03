import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import colors from 'picocolors';
import { dataOf } from '#services/contracts/api-client.ts';
import { featureNames, isFeature, type Feature } from '#policies/features.ts';
import { harmless, print, say } from '../output.ts';
import { discordId, jsonOption, tenantArgument, type JsonFlag } from './arguments.ts';
import { exampleGuild, exampleTenant } from './examples.ts';
import { signedIn } from './session.ts';

const ofTenant = '/v1/tenants/{tenant}/features';
const ofGuild = '/v1/tenants/{tenant}/guilds/{guild}/features';

/** `bailiwick feature`: what a tenant, or one of its servers, has of what can be switched off. */
export function featureCommands(): Command {
  const command = new Command('feature').description('switch what members may use on and off: list, set');
  return command.addCommand(listCommand()).addCommand(setCommand());
}

interface Flags extends JsonFlag {
  readonly guild?: string;
}

const guildOption = () =>
  new Option('--guild <guild>', 'of one server, by its Discord ID; by default of the whole tenant').argParser(
    discordId('A server'),
  );

const listCommand = (): Command =>
  new Command('list')
    .addArgument(tenantArgument())
    .description('list the features, and which are on')
    .addOption(guildOption())
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick feature list ${exampleTenant} --guild ${exampleGuild}`)
    .action(async (tenant: string, { guild, json }: Flags) => {
      const { api } = await signedIn();
      const list = await dataOf(
        guild === undefined
          ? api.GET(ofTenant, { params: { path: { tenant } } })
          : api.GET(ofGuild, { params: { path: { tenant, guild } } }),
      );
      shown(list, json);
    });

const setCommand = (): Command =>
  new Command('set')
    .addArgument(tenantArgument())
    .addArgument(
      new Argument('<feature>', featureNames.join(', ')).argParser((text): Feature => {
        if (isFeature(text)) return text;
        throw new InvalidArgumentError(`The features are ${featureNames.join(', ')}.`);
      }),
    )
    .addArgument(
      new Argument('<state>', '`default`: a server has it as its tenant does, a tenant by default').choices([
        'on',
        'off',
        'default',
      ]),
    )
    .description('switch a feature on or off, in force at once')
    .addOption(guildOption())
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick feature set ${exampleTenant} lyrics off --guild ${exampleGuild}`)
    .action(async (tenant: string, feature: Feature, state: string, { guild, json }: Flags) => {
      const { api } = await signedIn();
      const body = { on: state === 'default' ? null : state === 'on' };
      const list = await dataOf(
        guild === undefined
          ? api.PUT(`${ofTenant}/{feature}`, { params: { path: { tenant, feature } }, body })
          : api.PUT(`${ofGuild}/{feature}`, { params: { path: { tenant, guild, feature } }, body }),
      );
      shown(list, json);
    });

interface Listed {
  readonly items: readonly {
    readonly feature: string;
    readonly text: string;
    readonly on: boolean;
    readonly chosen: boolean | null;
  }[];
}

function shown(list: Listed, json: boolean | undefined): void {
  if (json) return print(list);
  for (const { feature, text, on, chosen } of harmless(list.items)) {
    const state = on ? colors.green('on ') : colors.yellow('off');
    say(`${state} ${feature.padEnd(12)} ${text}${chosen === null ? '' : ' (set here)'}`);
  }
}
