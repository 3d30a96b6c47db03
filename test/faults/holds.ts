import process from 'node:process';
import type { ProcessName, RunningPlatform } from '#test/e2e/platform.ts';

/** Lets go of what was held up. */
export type Release = () => Promise<unknown>;

/** Holds a platform up in one place, so that work stays in the middle of a step. */
export type Hold = (platform: RunningPlatform) => Promise<Release>;

/** A process stands still. */
export const freeze =
  (name: ProcessName): Hold =>
  async (platform) => {
    const { pid } = await platform.processOf(name);
    process.kill(pid, 'SIGSTOP');
    return async () => process.kill(pid, 'SIGCONT');
  };

/** Nobody else writes a table, or reads it in order to write. */
export const lock =
  (table: string): Hold =>
  async (platform) => {
    const client = await platform.connect();
    await client.query('begin');
    await client.query(`lock table ${table} in exclusive mode`);
    return () => client.end();
  };

/** The steps that are complete of the workflow whose id begins so; undefined if it has not begun. */
export async function completedSteps(platform: RunningPlatform, idPrefix: string): Promise<string[] | undefined> {
  const [workflow] = await platform.query<{ id: string }>(
    `select workflow_uuid as id from workflows.workflow_status where starts_with(workflow_uuid, $1) and status = 'PENDING'`,
    [idPrefix],
  );
  if (!workflow) return undefined;
  const steps = await platform.query<{ name: string }>(
    'select function_name as name from workflows.operation_outputs where workflow_uuid = $1 order by function_id',
    [workflow.id],
  );
  return steps.map(({ name }) => name);
}
