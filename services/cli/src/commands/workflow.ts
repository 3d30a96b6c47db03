import { Argument, Command, Option } from 'commander';
import colors from 'picocolors';
import { dataOf } from '#services/contracts/api-client.ts';
import { harmless, print, say } from '../output.ts';
import { jsonOption, type JsonFlag } from './arguments.ts';
import { signedIn } from './session.ts';

/** `bailiwick workflow`: what the platform carries out step by step, for its operators. */
export function workflowCommands(): Command {
  const workflow = new Command('workflow').description('see workflows such as the deletion of a tenant: list, retry');
  for (const command of [listCommand(), retryCommand()]) workflow.addCommand(command);
  return workflow;
}

const statuses = ['running', 'done', 'failed'] as const;
type Status = (typeof statuses)[number];
const colorOf = { running: colors.yellow, done: colors.green, failed: colors.red };

const listCommand = (): Command =>
  new Command('list')
    .description('list workflows, the latest first')
    .addOption(new Option('--status <status>', 'only those with this status').choices(statuses))
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  bailiwick workflow list --status failed')
    .action(async ({ json, status }: JsonFlag & { status?: Status }) => {
      const { api } = await signedIn();
      const query = status === undefined ? {} : { status };
      const { items } = await dataOf(api.GET('/v1/operator/workflows', { params: { query } }));
      if (json) return print({ items });
      if (items.length === 0) say('None.');
      for (const { id, status: now, startedAt, completed, failure } of harmless(items)) {
        say(`${id}  ${colorOf[now](now)}  started ${startedAt}`);
        if (completed.length > 0) say(`  complete: ${completed.join(', ')}`);
        if (failure) say(`  ${failure.message} (${failure.code})`);
      }
    });

const retryCommand = (): Command =>
  new Command('retry')
    .addArgument(new Argument('<workflow>', 'ID of a failed workflow, as `bailiwick workflow list` prints it'))
    .description('repeat a failed workflow from the step that failed')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  bailiwick workflow retry offboarding-ten_01m8kg9dz7bjnv82whsdng73ea')
    .action(async (id: string, { json }: JsonFlag) => {
      const { api } = await signedIn();
      const path = { workflow: id };
      const retried = await dataOf(api.POST('/v1/operator/workflows/{workflow}/retry', { params: { path } }));
      if (json) print(retried);
      else say(`${colors.green('✓')} ${id} is repeated.`);
    });
