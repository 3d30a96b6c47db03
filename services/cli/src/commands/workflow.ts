import { Argument, Command, Option } from 'commander';
import colors from 'picocolors';
import { dataOf } from '#services/contracts/api-client.ts';
import type { operations } from '#services/contracts/api.ts';
import { harmless, print, say } from '../output.ts';
import { jsonOption, type JsonFlag } from './arguments.ts';
import { signedIn } from './session.ts';

type Workflow = operations['listWorkflows']['responses'][200]['content']['application/json']['items'][number];

/** `bailiwick workflow`: what the platform carries out step by step, for its operators. */
export function workflowCommands(): Command {
  const workflow = new Command('workflow').description(
    'see workflows such as the deletion of a tenant: list, retry, compensate',
  );
  for (const command of [listCommand(), retryCommand(), compensateCommand()]) workflow.addCommand(command);
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
      for (const workflow of harmless(items)) describe(workflow);
    });

function describe({ id, status, startedAt, completed, step, failure, compensation }: Workflow): void {
  say(`${id}  ${colorOf[status](status)}  started ${startedAt}`);
  if (completed.length > 0) say(`  complete: ${completed.join(', ')}`);
  if (step) {
    const attempt = step.attempt !== null && step.attempt > 1 ? `, attempt ${step.attempt}` : '';
    say(`  ${status === 'failed' ? 'failed at' : 'at'}: ${step.name}, since ${step.since}${attempt}`);
    if (step.failure) say(`  last attempt: ${step.failure.message} (${step.failure.code})`);
  }
  if (failure) say(`  ${failure.message} (${failure.code})`);
  if (compensation) say(`  compensation: ${compensation.status}`);
  if (compensation?.failure) say(`  ${compensation.failure.message} (${compensation.failure.code})`);
}

const retryCommand = (): Command =>
  new Command('retry')
    .addArgument(new Argument('<workflow>', 'ID of a workflow, as `bailiwick workflow list` prints it'))
    .description('repeat a failed workflow from the step that failed, or make the next attempt now')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  bailiwick workflow retry offboarding-ten_01m8kg9dz7bjnv82whsdng73ea')
    .action(async (id: string, { json }: JsonFlag) => {
      const { api } = await signedIn();
      const path = { workflow: id };
      const retried = await dataOf(api.POST('/v1/operator/workflows/{workflow}/retry', { params: { path } }));
      if (json) print(retried);
      else say(`${colors.green('✓')} ${id} is repeated.`);
    });

const compensateCommand = (): Command =>
  new Command('compensate')
    .addArgument(new Argument('<workflow>', 'ID of a workflow, as `bailiwick workflow list` prints it'))
    .description('stop a workflow and take back its steps, in reverse order; an onboarding loses its bot and token')
    .requiredOption('--yes', 'confirm: this cannot be undone')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  bailiwick workflow compensate onboarding-ten_01m8kg9dz7bjnv82whsdng73ea-7 --yes',
    )
    .action(async (id: string, { json }: JsonFlag) => {
      const { api } = await signedIn();
      const path = { workflow: id };
      const taken = await dataOf(api.POST('/v1/operator/workflows/{workflow}/compensate', { params: { path } }));
      if (json) print(taken);
      else say(`${colors.green('✓')} ${id} is stopped, and its steps are taken back.`);
    });
