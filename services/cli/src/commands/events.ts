import { Argument, Command } from 'commander';
import colors from 'picocolors';
import { dataOf } from '#services/contracts/api-client.ts';
import { harmless, print, say } from '../output.ts';
import { everyPage } from '../pages.ts';
import { jsonOption, type JsonFlag } from './arguments.ts';
import { signedIn } from './session.ts';

/** `bailiwick events`: what happened to the events of the platform on their way, for its operators. */
export function eventCommands(): Command {
  const letters = new Command('dead-letters').description('see events that could not be handled, and replay them');
  for (const each of [listCommand(), replayCommand()]) letters.addCommand(each);
  return new Command('events').description('see what events could not be handled').addCommand(letters);
}

const listCommand = (): Command =>
  new Command('list')
    .description('list the events that could not be handled, and what was not believed to be one; newest first')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  bailiwick events dead-letters list')
    .action(async ({ json }: JsonFlag) => {
      const { api } = await signedIn();
      const items = await everyPage((query) => dataOf(api.GET('/v1/operator/dead-letters', { params: { query } })));
      if (json) return print({ items });
      if (items.length === 0) return say('Every event was handled.');
      for (const { id, consumer, origin, reason, detail, tenant, event, at, replayedAt } of harmless(items)) {
        const state = replayedAt ? colors.green(`replayed ${replayedAt}`) : colors.yellow(reason);
        say(`${id}  ${at}  ${consumer}  ${state}`);
        say(`  ${event ? `${event.type} of ${tenant}, ${event.stream}/${event.version}` : 'not believed'}: ${detail}`);
        say(colors.dim(`  ${origin}`));
      }
    });

const replayCommand = (): Command =>
  new Command('replay')
    .addArgument(new Argument('<dead-letter>', 'id of a dead letter, from `events dead-letters list`'))
    .description('have its consumer handle the event now; once')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  bailiwick events dead-letters replay edl_01h2xcejqtf2nbrexx3vqjhp41')
    .action(async (deadLetter: string, { json }: JsonFlag) => {
      const { api } = await signedIn();
      const path = { deadLetter };
      const replayed = await dataOf(api.POST('/v1/operator/dead-letters/{deadLetter}/replay', { params: { path } }));
      if (json) print(replayed);
      else say(`${colors.green('✓')} ${replayed.consumer} has handled it.`);
    });
