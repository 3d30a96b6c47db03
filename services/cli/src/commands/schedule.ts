import { Argument, Command } from 'commander';
import colors from 'picocolors';
import { dataOf } from '#services/contracts/api-client.ts';
import { harmless, print, say } from '../output.ts';
import { jsonOption, type JsonFlag } from './arguments.ts';
import { signedIn } from './session.ts';

/** `bailiwick schedule`: what the platform does at certain times, for its operators. */
export function scheduleCommands(): Command {
  const command = new Command('schedule').description('see what is done at certain times, and have it done now');
  for (const each of [listCommand(), runCommand()]) command.addCommand(each);
  return command;
}

const colorOf = { waiting: colors.yellow, running: colors.yellow, done: colors.green, failed: colors.red };

const listCommand = (): Command =>
  new Command('list')
    .description('list the tasks, when each is due, and what came of the latest run')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  bailiwick schedule list')
    .action(async ({ json }: JsonFlag) => {
      const { api } = await signedIn();
      const { items } = await dataOf(api.GET('/v1/operator/schedules'));
      if (json) return print({ items });
      for (const { name, description, cron, nextAt, lastRun } of harmless(items)) {
        say(`${name}  ${colors.dim(cron)}  next ${nextAt}`);
        say(`  ${description}`);
        if (!lastRun) continue;
        const missed = lastRun.missed === 0 ? '' : ` ${lastRun.missed} earlier runs were missed.`;
        say(`  ${colorOf[lastRun.status](lastRun.status)} ${lastRun.at}: ${lastRun.sentence ?? '…'}${missed}`);
      }
    });

const runCommand = (): Command =>
  new Command('run')
    .addArgument(new Argument('<task>', 'name of a task, from `schedule list`'))
    .description('have a task run now, once')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  bailiwick schedule run database-upkeep')
    .action(async (schedule: string, { json }: JsonFlag) => {
      const { api } = await signedIn();
      const started = await dataOf(
        api.POST('/v1/operator/schedules/{schedule}/run', { params: { path: { schedule } } }),
      );
      if (json) print(started);
      else say(`${colors.green('✓')} ${started.name} runs. \`bailiwick schedule list\` tells what came of it.`);
    });
