import { DBOS } from '@dbos-inc/dbos-sdk';
import { openPool } from '#infra/database/connections.ts';
import { openDatabase } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { HealthCheck } from '#infra/observability/health.ts';
import { compensationOf } from './compensations.ts';
import { Elsewhere } from './elsewhere.ts';
import { Executors } from './executors.ts';
import { SagaFailure } from './failures.ts';
import { launchUntil, quiet } from './launch.ts';
import { removeWorkflows } from './remove-workflows.ts';
import type { Saga, SagaInput, SagaState, SagaStatus } from './saga.ts';
import { workflowSchema } from './schema.ts';
import { again, compensated, rewindCompensation } from './repeat.ts';
import { failureIn, libraryStatuses, stateOf, statusOf, storedSteps, type Found } from './states.ts';
import { Underway, type Attempts } from './underway.ts';
import { createUpkeep } from './upkeep.ts';
import { registerWorkflows } from './workflow.ts';

export interface SagaSettings {
  /** Connection string of the role that owns the workflows; a secret. */
  readonly url: string;
  /** Names the part: all its processes share their workflows, and go on with what one of them has left behind. */
  readonly executor: string;
}

/** Repeated after 0.5, 1, 2 … seconds, for about half an hour altogether. */
const defaultAttempts: Attempts = { timeoutMs: 30_000, firstDelayMs: 500, limit: 12 };
const connections = 4;
/** The library tells other processes of workflow events and streams, which no saga has: by default it looks every 10 ms. */
const notificationsEveryMs = 60_000;
/** What is still running when the process stops is resumed at the next start. */
const stopTimeoutMs = 2_000;
/** Constant, so that what one version began is resumed by the next. */
const version = 'bailiwick';

/** A saga that another process carries out. */
export interface SagaElsewhere {
  readonly name: string;
  /** The names of its steps, in order. */
  readonly steps: readonly string[];
  /** How it is continued, in a sentence for operators. */
  readonly continued: string;
}

/** Where a saga ended within a time, or that it is still running. */
export type SagaOutcome =
  | { readonly status: 'running' | 'done' }
  | { readonly status: 'failed'; readonly error: Error };

/** Sagas of one process. */
export interface Sagas extends AsyncDisposable {
  /** Resolves once they run; never, if they are stopped before. */
  readonly launched: Promise<void>;
  /** @throws saga.not-ready (503) while none can be begun */
  requireReady(): void;
  /**
   * Begins the saga with this id; if it has begun, waits for it, and repeats it from the failed step if it failed. Thirty
   * days after it was done, or as the saga says, its id is forgotten.
   */
  begin(name: string, id: string, input: SagaInput): Promise<void>;
  /** Waits at most so long. */
  outcome(id: string, withinMs: number): Promise<SagaOutcome>;
  /** The latest first. `idPrefix`: only those whose ids begin so. */
  list(filter: { status?: SagaStatus; idPrefix?: string; limit: number }): Promise<SagaState[]>;
  /**
   * Repeats a failed one from the step that failed; of one that waits between two attempts, makes the next one now.
   * @throws saga.unknown (404), saga.not-failed, saga.compensated, saga.elsewhere (409)
   */
  retry(id: string): Promise<void>;
  /**
   * Stops one that is running, and takes back its steps in reverse order; it has failed then. Repeats a compensation
   * that failed, and joins one that is under way.
   * @throws saga.unknown (404), saga.done, saga.compensated, saga.not-compensable, saga.elsewhere (409)
   */
  compensate(id: string): Promise<void>;
  /** Stops what is running, and removes what is stored, of all whose ids begin so. */
  forget(idPrefix: string): Promise<void>;
  readonly health: HealthCheck;
}

/**
 * Runs sagas on DBOS, which stores each completed step in PostgreSQL: after a crash, the next start goes on with the
 * step that was not complete. There is one engine in a process, because the library keeps its state in the module. It
 * starts in the background, and repeats that until the database answers.
 */
export function openSagas(
  settings: SagaSettings,
  sagas: readonly Saga<never>[],
  ports: {
    readonly logger: Logger;
    readonly clock: Clock;
    readonly attempts?: Attempts;
    /** How often interrupted workflows are looked for. */
    readonly upkeepMs?: number;
    /** What another process carries out: here they are listed. */
    readonly elsewhere?: readonly SagaElsewhere[];
  },
): Sagas {
  const { logger, clock, attempts = defaultAttempts, upkeepMs, elsewhere: others = [] } = ports;
  const { url, executor: part } = settings;
  const pool = openPool({ url, maxConnections: connections });
  const executors = new Executors({ url, part, clock, logger });
  DBOS.setConfig({
    name: 'bailiwick',
    systemDatabasePool: pool,
    systemDatabaseUrl: settings.url,
    systemDatabaseSchemaName: workflowSchema,
    runMigrations: false,
    executorID: executors.id,
    applicationVersion: version,
    notificationCoalesceMs: notificationsEveryMs,
    logger: quiet(logger),
  });
  const underway = new Underway({ clock, logger });
  const database = openDatabase({ url, maxConnections: 1 });
  const elsewhere = new Elsewhere({ database, executors, underway, clock, logger });
  const kept = sagas.flatMap(({ name, keptForMs }) => (keptForMs === undefined ? [] : [{ name, keptForMs }]));
  const compensations = sagas.map(({ name }) => compensationOf(name));
  const upkeep = createUpkeep({ executors, logger, clock, everyMs: upkeepMs, kept, compensations });
  const known = new Map(
    sagas.map((each) => {
      const saga = each as unknown as Saga<SagaInput>;
      const workflows = registerWorkflows(saga, { attempts, underway, upkeep, clock, logger });
      return [saga.name, { saga, workflows, compensable: saga.steps.some((step) => step.undo !== undefined) }] as const;
    }),
  );
  const stopping = new AbortController();
  const launching = launchUntil(stopping.signal, clock, logger, async () => {
    await executors.hold(stopping.signal);
    await elsewhere.listen();
  });
  let launched = false;
  const { promise: running, resolve: run } = Promise.withResolvers<void>();
  const keeping = launching.then(async (isLaunched) => {
    launched = isLaunched;
    if (!launched || stopping.signal.aborted) return;
    run();
    await upkeep.run(stopping.signal);
  });
  const requireReady = (): void => {
    if (!launched || stopping.signal.aborted)
      throw platformFault('saga.not-ready', 'Workflows are not ready yet. Try again shortly.');
  };
  const stepsOf = (name: string): readonly string[] =>
    known.get(name)?.saga.steps.map((step) => step.name) ?? others.find((other) => other.name === name)?.steps ?? [];
  const find = async (id: string): Promise<Found> => {
    requireReady();
    const found = await DBOS.getWorkflowStatus(id);
    const other = others.find(({ name }) => name === found?.workflowName);
    if (other) throw callerFault('saga.elsewhere', other.continued, 409);
    if (!found || !known.has(found.workflowName)) throw callerFault('saga.unknown', 'There is no such workflow.', 404);
    return found;
  };

  const failureOf = async (id: string): Promise<SagaOutcome | undefined> => {
    const found = await DBOS.getWorkflowStatus(id);
    if (!found || statusOf(found.status) !== 'failed') return undefined;
    const { code, message } = failureIn(found);
    return { status: 'failed', error: new SagaFailure(code, message) };
  };

  return {
    launched: running,
    requireReady,
    async begin(name, id, input) {
      requireReady();
      const saga = known.get(name);
      if (!saga) throw platformFault('saga.unregistered', `There is no saga ${name}.`, undefined, 500);
      const before = await DBOS.getWorkflowStatus(id);
      if (before && statusOf(before.status) === 'failed') return again(id);
      await DBOS.startWorkflow(saga.workflows.run, { workflowID: id })(input);
    },
    async outcome(id, withinMs) {
      requireReady();
      try {
        const result = await DBOS.getResult<string>(id, { timeoutSeconds: withinMs / 1_000, pollingIntervalMs: 50 });
        if (result !== null) return { status: 'done' };
        // There is no result of one that was cancelled, either.
        return (await failureOf(id)) ?? { status: 'running' };
      } catch (error) {
        const failed = await failureOf(id);
        // Otherwise the wait failed, not the workflow.
        if (!failed) throw error;
        return failed;
      }
    },
    async list({ status, idPrefix, limit }) {
      requireReady();
      const found = await DBOS.listWorkflows({
        limit,
        sortDesc: true,
        workflowName: [...known.keys(), ...others.map(({ name }) => name)],
        ...(status === undefined ? {} : { status: [...libraryStatuses[status]] }),
        ...(idPrefix === undefined ? {} : { workflow_id_prefix: idPrefix }),
      });
      const ids = found.map(({ workflowID }) => compensationOf(workflowID));
      const [stored, undone] = await Promise.all([
        storedSteps(pool, found),
        ids.length === 0 ? [] : DBOS.listWorkflows({ workflowIDs: ids, workflowName: compensations }),
      ]);
      return found.map((each) =>
        stateOf(each, {
          steps: stepsOf(each.workflowName),
          stored: stored.get(each.workflowID),
          progress: underway.progressOf(each.workflowID),
          compensable: known.get(each.workflowName)?.compensable === true,
          compensation: undone.find(({ workflowID }) => workflowID === compensationOf(each.workflowID)),
        }),
      );
    },
    async retry(id) {
      const { status, executorId } = await find(id);
      if (statusOf(status) === 'failed') return again(id);
      if (underway.wake(id)) return;
      if (statusOf(status) !== 'running' || !executors.isOther(executorId)) throw notFailed();
      await elsewhere.wake(id);
    },
    async compensate(id) {
      const found = await find(id);
      const { status, workflowName, input } = found;
      if (statusOf(status) === 'done')
        throw callerFault('saga.done', 'A workflow that is done cannot be compensated.', 409);
      const compensation = compensationOf(id);
      const before = await DBOS.getWorkflowStatus(compensation);
      if (before && statusOf(before.status) === 'done') throw compensated();
      if (before && statusOf(before.status) === 'failed') return rewindCompensation(compensation);
      if (before) return;
      const of = known.get(workflowName);
      const given = (input?.[0] ?? {}) as SagaInput;
      const reason = await of?.saga.whyNotCompensated?.(given);
      if (reason !== undefined || !of?.compensable)
        throw notCompensable(reason ?? 'None of its steps can be taken back.');
      await DBOS.cancelWorkflow(id);
      await underway.stop([id]);
      await elsewhere.stop([found]);
      // It may have been done in the meantime, which a cancellation does not change.
      if (statusOf((await find(id)).status) !== 'failed')
        throw callerFault('saga.done', 'A workflow that is done cannot be compensated.', 409);
      await DBOS.startWorkflow(of.workflows.compensate, { workflowID: compensation })(given);
    },
    async forget(idPrefix) {
      requireReady();
      const found = await DBOS.listWorkflows({
        workflow_id_prefix: idPrefix,
        status: [...libraryStatuses.running],
        loadInput: false,
        loadOutput: false,
      });
      const ids = found.map(({ workflowID }) => workflowID);
      if (ids.length > 0) await DBOS.cancelWorkflows(ids);
      await underway.stop(ids);
      await elsewhere.stop(found);
      await removeWorkflows({ workflow_id_prefix: idPrefix });
    },
    health: () =>
      launched
        ? { status: 'healthy' }
        : { status: 'degraded', detail: 'workflows have not been started: the database does not answer' },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      const isQuiet = await underway.park(stopTimeoutMs);
      await keeping;
      // What was interrupted never ends in this process.
      await DBOS.shutdown({ deregister: true, ...(isQuiet ? { workflowCompletionTimeoutMS: stopTimeoutMs } : {}) });
      await elsewhere[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
      // Now others go on with what was interrupted.
      await executors[Symbol.asyncDispose]();
      await pool.end();
    },
  };
}

const notFailed = () =>
  callerFault(
    'saga.not-failed',
    'Only a workflow that has failed, or waits for its next attempt, can be repeated.',
    409,
  );

const notCompensable = (reason: string) =>
  callerFault('saga.not-compensable', `This workflow cannot be compensated. ${reason}`, 409);
