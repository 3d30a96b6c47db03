import { Argument, Command } from 'commander';
import colors from 'picocolors';
import { dataOf } from '#services/contracts/api-client.ts';
import { readText } from '../input-file.ts';
import { harmless, print, say } from '../output.ts';
import { readSecret } from '../secret-input.ts';
import { jsonOption, type JsonFlag } from './arguments.ts';
import { signedIn } from './session.ts';

const example = 'oslo';
const node = () => new Argument('<node>', 'id of a Lavalink node');

/** `bailiwick nodes`: the Lavalink nodes, which operators add, drain and remove while music plays. */
export function nodesCommands(): Command {
  const nodes = new Command('nodes').description('manage the Lavalink nodes: list, add, drain, resume, remove');
  for (const command of [listCommand(), addCommand(), drainCommand(), resumeCommand(), removeCommand()])
    nodes.addCommand(command);
  return nodes;
}

const listCommand = (): Command =>
  new Command('list')
    .description('list the Lavalink nodes, with how many players each has')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  bailiwick nodes list')
    .action(async ({ json }: JsonFlag) => {
      const { api } = await signedIn();
      const { items } = await dataOf(api.GET('/v1/operator/nodes'));
      if (json) return print({ items });
      for (const each of harmless(items)) say(describe(each));
    });

interface Listed {
  readonly id: string;
  readonly url: string | null;
  readonly regions: readonly string[];
  readonly draining: boolean;
  readonly players: number | null;
}

const describe = ({ id, url, regions, draining, players }: Listed): string =>
  [
    id.padEnd(20),
    url ?? '(in the settings file)',
    players === null ? 'players: unknown' : `players: ${players}`,
    ...(regions.length > 0 ? [regions.join(', ')] : []),
    ...(draining ? [players === 0 ? 'drained' : 'draining'] : []),
  ].join('  ');

interface AddFlags extends JsonFlag {
  readonly url: string;
  readonly region?: readonly string[];
  readonly trustFile?: string;
}

const addCommand = (): Command =>
  new Command('add')
    .addArgument(node())
    .description('add a Lavalink 4 server, which gets players from now on; its password is read from stdin')
    .requiredOption('--url <address>', 'its address; https unless it is on this machine')
    .option('--region <region...>', "Discord's voice regions near the node, such as rotterdam")
    .option('--trust-file <file>', "certificate authority of the server, if it is not one of the system's (PEM)")
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `\nExample:\n  bailiwick nodes add ${example} --url https://lavalink.example.com --region stockholm rotterdam < password`,
    )
    .action(async (id: string, { json, url, region, trustFile }: AddFlags) => {
      const { api } = await signedIn();
      const trustPem = trustFile === undefined ? undefined : await readText(trustFile);
      const password = await readSecret('Password: ');
      const body = { id, url, password, regions: [...(region ?? [])], ...(trustPem === undefined ? {} : { trustPem }) };
      const added = await dataOf(api.POST('/v1/operator/nodes', { body }));
      if (json) print(added);
      else say(`${colors.green('✓')} ${id} gets players from now on.`);
    });

const drainCommand = (): Command =>
  new Command('drain')
    .addArgument(node())
    .description('move its music to other nodes and give it no new players; `list` shows when it is drained')
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick nodes drain ${example}`)
    .action(async (id: string, { json }: JsonFlag) => {
      const changed = await setDraining(id, true);
      if (json) print(changed);
      else
        say(
          `${colors.green('✓')} The music of ${id} moves to other nodes: \`bailiwick nodes list\` shows when it is drained.`,
        );
    });

const resumeCommand = (): Command =>
  new Command('resume')
    .addArgument(node())
    .description('give a node that was drained players again')
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick nodes resume ${example}`)
    .action(async (id: string, { json }: JsonFlag) => {
      const changed = await setDraining(id, false);
      if (json) print(changed);
      else say(`${colors.green('✓')} ${id} gets players again.`);
    });

async function setDraining(id: string, draining: boolean) {
  const { api } = await signedIn();
  const params = { path: { node: id }, header: { 'if-match': '*' } };
  return dataOf(api.PUT('/v1/operator/nodes/{node}/draining', { params, body: { draining } }));
}

const removeCommand = (): Command =>
  new Command('remove')
    .addArgument(node())
    .description('remove a node that was drained; one in the settings file is removed there')
    .addOption(jsonOption('print what was removed as JSON'))
    .addHelpText('after', `\nExample:\n  bailiwick nodes remove ${example}`)
    .action(async (id: string, { json }: JsonFlag) => {
      const params = { path: { node: id }, header: { 'if-match': '*' } };
      await (await signedIn()).api.DELETE('/v1/operator/nodes/{node}', { params });
      if (json) print({ removed: id });
      else say(`${colors.green('✓')} ${id} is removed.`);
    });
