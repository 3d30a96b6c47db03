import { Argument, Command } from 'commander';
import colors from 'picocolors';
import { dataOf } from '#services/contracts/api-client.ts';
import { harmless, print, say } from '../output.ts';
import { everyPage } from '../pages.ts';
import { discordId, jsonOption, type JsonFlag } from './arguments.ts';
import { signedIn } from './session.ts';

const example = '80351110224678912';
const user = () => new Argument('<user>', 'Discord ID of a person').argParser(discordId('A person'));

/** `bailiwick operator`: who operates the platform, and signs in with Discord. */
export function operatorCommands(): Command {
  const operator = new Command('operator').description("manage the platform's operators: list, add, remove");
  for (const command of [listCommand(), addCommand(), removeCommand()]) operator.addCommand(command);
  return operator;
}

const listCommand = (): Command =>
  new Command('list')
    .description('list the operators who sign in with Discord')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  bailiwick operator list')
    .action(async ({ json }: JsonFlag) => {
      const { api } = await signedIn();
      const items = await everyPage((query) => dataOf(api.GET('/v1/operators', { params: { query } })));
      if (json) return print({ items });
      if (items.length === 0) say('None yet: `bailiwick operator add <user>`.');
      for (const each of harmless(items)) say(describe(each));
    });

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly addedAt: string;
  readonly addedBy: string;
  readonly inSettings: boolean;
}

const describe = ({ id, name, addedAt, addedBy, inSettings }: Listed): string =>
  [
    id.padEnd(20),
    name === `discord:${id}` ? '(has not signed in yet)' : name,
    `added ${addedAt.slice(0, 10)} by ${addedBy}${inSettings && addedBy !== 'settings' ? ', named in the settings' : ''}`,
  ].join('  ');

const addCommand = (): Command =>
  new Command('add')
    .addArgument(user())
    .description('make somebody an operator; they sign in with Discord, again if they are signed in')
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick operator add ${example}`)
    .action(async (id: string, { json }: JsonFlag) => {
      const added = await dataOf((await signedIn()).api.POST('/v1/operators', { body: { id } }));
      if (json) print(added);
      else say(`${colors.green('✓')} ${id} becomes an operator at their next sign-in.`);
    });

const removeCommand = (): Command =>
  new Command('remove')
    .addArgument(user())
    .description('remove an operator, with the API keys that they created as one; the last one cannot be removed')
    .addOption(jsonOption('print who was removed as JSON'))
    .addHelpText('after', `\nExample:\n  bailiwick operator remove ${example}`)
    .action(async (id: string, { json }: JsonFlag) => {
      await (await signedIn()).api.DELETE('/v1/operators/{operator}', { params: { path: { operator: id } } });
      if (json) print({ removed: id });
      else say(`${colors.green('✓')} ${id} is no longer an operator.`);
    });
