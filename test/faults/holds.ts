import process from 'node:process';
import { hasCode } from '#infra/kernel/errors.ts';
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

/** PostgreSQL stands still, with every connection that it has; what has ended since it was looked for does not matter. */
export const freezeDatabase: Hold = async (platform) => {
  const all = await platform.launcher.processes();
  const server = all.filter(({ command }) => /^postgres:|bin\/postgres/.test(command));
  if (server.length <= 5) throw new Error(`only ${server.length} processes of PostgreSQL were found`);
  const signal = (name: 'SIGSTOP' | 'SIGCONT') => {
    for (const { pid } of server) {
      try {
        process.kill(pid, name);
      } catch (error) {
        if (!hasCode(error, 'ESRCH')) throw error;
      }
    }
  };
  signal('SIGSTOP');
  return async () => signal('SIGCONT');
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

const holdKey = 4_711;

/** A step of a workflow is done, and stays so without being stored: whoever wants to store it waits, and never does. */
export const unstored =
  (step: string): Hold =>
  async (platform) => {
    const client = await platform.connect();
    await client.query('select pg_advisory_lock($1)', [holdKey]);
    await client.query(`create function workflows.hold() returns trigger language plpgsql as $$
      begin
        if new.function_name = '${step}' then perform pg_advisory_xact_lock(${holdKey}); end if;
        return new;
      end $$`);
    await client.query(
      'create trigger hold before insert on workflows.operation_outputs for each row execute function workflows.hold()',
    );
    let isHeld = true;
    return async () => {
      if (!isHeld) return;
      isHeld = false;
      await client.query('select pg_terminate_backend(pid) from pg_locks where objid = $1 and not granted', [holdKey]);
      await client.query('drop function workflows.hold() cascade');
      await client.end();
    };
  };

/** Whether somebody waits where `unstored` holds them. */
export const waitsToStore = async (platform: RunningPlatform): Promise<boolean> =>
  (await platform.query('select 1 from pg_locks where objid = $1 and not granted', [holdKey])).length > 0;

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
