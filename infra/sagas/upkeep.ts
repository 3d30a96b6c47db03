import { DBOS } from '@dbos-inc/dbos-sdk';
import { databaseUnavailable } from '#infra/database/database-errors.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { removeWorkflows } from './remove-workflows.ts';
import { compensatedBy } from './compensations.ts';
import type { Executors } from './executors.ts';

const defaultEveryMs = 2_000;
/** What is found at the start is looked at again sooner. */
const secondLookMs = 500;
/** Long enough to look into a complaint; what happened stays in the audit log. */
const keptForMs = 30 * 24 * 60 * 60_000;
const removeEveryMs = 60 * 60_000;
const compensatedAtOnce = 500;

/**
 * Takes interrupted workflows up again while the process runs, its own and those of processes that have ended, and removes
 * those that are long done.
 */
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
  readonly executors: Executors;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly everyMs?: number | undefined;
  /** The sagas that are kept for a time of their own. */
  readonly kept: readonly { readonly name: string; readonly keptForMs: number }[];
  /** The names of the workflows that compensate others. */
  readonly compensations: readonly string[];
}): Upkeep {
  const { executors, logger, clock, everyMs = defaultEveryMs, kept, compensations } = ports;
  /** The latest run of each workflow whose body is under way in this process. */
  const live = new Map<string, symbol>();
  /** Ends the runs that could not be stored. */
  const stalled = new Map<string, () => void>();
  /** Not under way the last time either; one that is just beginning or ending is there only once. */
  let abandoned = new Set<string>();
  /** Executors that had ended the last time, too: one that lost its connection takes its lock again at once. */
  let ended = new Set<string>();

  const pendingOf = (executorId?: string) =>
    DBOS.listWorkflows({
      status: 'PENDING',
      loadInput: false,
      loadOutput: false,
      ...(executorId === undefined ? {} : { executorId }),
    });
  /** Read again under the lock: another process may have been faster. */
  const takeOver = async (executor: string): Promise<void> => {
    for (const { workflowID } of await pendingOf(executor)) {
      await DBOS.resumeWorkflow(workflowID);
      logger.info({ workflow: workflowID, executor }, 'a workflow of a process that has ended is taken up');
    }
  };
  const takeUpOthers = async (others: ReadonlySet<string>): Promise<void> => {
    const found = new Set<string>();
    for (const executor of others) {
      const isSure = ended.has(executor);
      const hasEnded = await executors.ifEnded(executor, isSure ? () => takeOver(executor) : undefined);
      if (hasEnded && !isSure) found.add(executor);
    }
    ended = found;
  };
  const takeUp = async (): Promise<void> => {
    const all = await pendingOf();
    await takeUpOthers(new Set(all.map(({ executorId }) => executorId).filter((each) => executors.isOther(each))));
    const pending = all.filter(({ executorId }) => executorId === executors.id);
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
      let isFirst = true;
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
        await pause(isFirst ? Math.min(secondLookMs, everyMs) : everyMs, clock, signal);
        isFirst = false;
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
