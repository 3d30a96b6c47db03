import { DBOS } from '@dbos-inc/dbos-sdk';
import { databaseUnavailable } from '#infra/database/database-errors.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { removeWorkflows } from './remove-workflows.ts';
import { compensatedBy } from './compensations.ts';

const defaultEveryMs = 10_000;
/** Long enough to look into a complaint; what happened stays in the audit log. */
const keptForMs = 30 * 24 * 60 * 60_000;
const removeEveryMs = 60 * 60_000;
const compensatedAtOnce = 500;

/** Takes interrupted workflows up again while the process runs, and removes those that are long done. */
export interface Upkeep {
  /**
   * Runs the body of a workflow. If the database refuses to store how far it is, the body ends without an outcome once
   * the workflow has been taken up again.
   */
  during<Result>(id: string, body: () => Promise<Result>): Promise<Result>;
  /** Resolves after the abort. The library must be launched. */
  run(signal: AbortSignal): Promise<void>;
}

export function createUpkeep(ports: {
  /** The workflows of no other executor are touched. */
  readonly executor: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly everyMs?: number | undefined;
  /** The sagas that are kept for a time of their own. */
  readonly kept: readonly { readonly name: string; readonly keptForMs: number }[];
  /** The names of the workflows that compensate others. */
  readonly compensations: readonly string[];
}): Upkeep {
  const { executor, logger, clock, everyMs = defaultEveryMs, kept, compensations } = ports;
  /** The latest run of each workflow whose body is under way in this process. */
  const live = new Map<string, symbol>();
  /** Ends the runs that could not be stored. */
  const stalled = new Map<string, () => void>();
  /** Not under way the last time either; one that is just beginning or ending is there only once. */
  let abandoned = new Set<string>();

  const takeUp = async (): Promise<void> => {
    const pending = await DBOS.listWorkflows({
      status: 'PENDING',
      executorId: executor,
      loadInput: false,
      loadOutput: false,
    });
    const idle = new Set(pending.map(({ workflowID }) => workflowID).filter((id) => !live.has(id)));
    for (const id of idle) {
      if (!abandoned.has(id)) continue;
      await DBOS.resumeWorkflow(id);
      logger.info({ workflow: id }, 'an interrupted workflow is taken up again');
      stalled.get(id)?.();
      stalled.delete(id);
      idle.delete(id);
    }
    abandoned = idle;
  };

  const completedBefore = (agoMs: number): string => new Date(clock.now() - agoMs).toISOString();
  const removeOld = (olderThanMs: number, workflowName?: string): Promise<void> =>
    removeWorkflows({
      status: 'SUCCESS',
      completedBefore: completedBefore(olderThanMs),
      ...(workflowName === undefined ? {} : { workflowName }),
    });
  /** What failed is kept until it is done, or was compensated; its compensation must not be forgotten before it. */
  const removeCompensated = async (): Promise<void> => {
    const found = await DBOS.listWorkflows({
      status: 'SUCCESS',
      workflowName: [...compensations],
      limit: compensatedAtOnce,
      completedBefore: completedBefore(keptForMs),
      loadInput: false,
      loadOutput: false,
    });
    if (found.length > 0) await DBOS.deleteWorkflows(found.map(({ workflowID }) => compensatedBy(workflowID)));
  };

  return {
    async during(id, body) {
      const run = Symbol(id);
      const leave = (): void => {
        if (live.get(id) === run) live.delete(id);
      };
      live.set(id, run);
      try {
        return await body();
      } catch (error) {
        if (!isUnstored(error)) throw error;
        logger.warn({ err: error, workflow: id }, 'the database did not store how far a workflow is');
        leave();
        // To end now would be stored as the failure of the workflow, if the database answers again by then.
        await new Promise<void>((end) => stalled.set(id, end));
        throw error;
      } finally {
        leave();
      }
    },
    async run(signal) {
      let removeAtMs = clock.now();
      while (!signal.aborted) {
        try {
          await takeUp();
          for (const each of kept) await removeOld(each.keptForMs, each.name);
          if (clock.now() >= removeAtMs) {
            await removeCompensated();
            await removeOld(keptForMs);
            removeAtMs = clock.now() + removeEveryMs;
          }
        } catch (error) {
          logger.warn({ err: error }, 'the upkeep of workflows failed');
        }
        await pause(everyMs, clock, signal);
      }
    },
  };
}

/** Whether the database failed the library; the failure of a step is an error of the library's own. */
export const isUnstored = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  !('dbosErrorCode' in error) &&
  (('code' in error && sqlState.test(String(error.code))) || databaseUnavailable(error) !== undefined);

/** https://www.postgresql.org/docs/18/errcodes-appendix.html */
const sqlState = /^[0-9A-Z]{5}$/;
