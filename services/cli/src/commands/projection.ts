import { Argument, Command } from 'commander';
import colors from 'picocolors';
import { dataOf } from '#services/contracts/api-client.ts';
import { harmless, print, say } from '../output.ts';
import { jsonOption, type JsonFlag } from './arguments.ts';
import { signedIn } from './session.ts';

/** `bailiwick projection`: the read models that follow from what happens, for operators. */
export function projectionCommands(): Command {
  const command = new Command('projection').description('see how far read models are behind, and have one rebuilt');
  for (const each of [listCommand(), rebuildCommand()]) command.addCommand(each);
  return command;
}

const behind = (lagMs: number): string => `${(lagMs / 1_000).toFixed(0)} s behind`;

const listCommand = (): Command =>
  new Command('list')
    .description('list the read models, and how far each is behind')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  bailiwick projection list')
    .action(async ({ json }: JsonFlag) => {
      const { api } = await signedIn();
      const { items } = await dataOf(api.GET('/v1/operator/projections'));
      if (json) return print({ items });
      for (const { name, version, readSince, lagMs, rebuild } of harmless(items)) {
        say(`${name}  ${colors.dim(`version ${version}, since ${readSince}`)}  ${behind(lagMs)}`);
        if (rebuild) say(colors.yellow(`  is being rebuilt as version ${rebuild.version}, ${behind(rebuild.lagMs)}`));
      }
    });

const rebuildCommand = (): Command =>
  new Command('rebuild')
    .addArgument(new Argument('<name>', 'name of a read model, from `projection list`'))
    .description('rebuild a read model from all events that are kept, while the present one stays in use')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  bailiwick projection rebuild play-statistics')
    .action(async (projection: string, { json }: JsonFlag) => {
      const { api } = await signedIn();
      const begun = await dataOf(
        api.POST('/v1/operator/projections/{projection}/rebuild', { params: { path: { projection } } }),
      );
      if (json) print(begun);
      else
        say(`${colors.green('✓')} ${begun.name} is being rebuilt. \`bailiwick projection list\` tells how far it is.`);
    });
