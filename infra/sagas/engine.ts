import { DBOS } from '@dbos-inc/dbos-sdk';
import type pg from 'pg';
import { openPool } from '#infra/database/connections.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import { Backoff } from '#infra/kernel/backoff.ts';
import { BailiwickError, callerFault, platformFault } from '#infra/kernel/errors.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { HealthCheck } from '#infra/observability/health.ts';
import type { Saga, SagaInput, SagaState, SagaStatus, SagaStep } from './saga.ts';
import { workflowSchema } from './schema.ts';
import { createUpkeep, isUnstored, type Upkeep } from './upkeep.ts';

export interface SagaSettings {
  /** Connection string of the role that owns the workflows; a secret. */
  readonly url: string;
  /** Names this process across restarts: it resumes what it left behind under the same name. */
  readonly executor: string;
}

/** How a step is attempted. */
export interface Attempts {
  /** An attempt that takes longer has failed. */
  readonly timeoutMs: number;
  /** The wait before the second attempt; it doubles each time. */
  readonly firstDelayMs: number;
  readonly limit: number;
}

/** Repeated after 0.5, 1, 2 … seconds, for about half an hour altogether. */
const defaultAttempts: Attempts = { timeoutMs: 30_000, firstDelayMs: 500, limit: 12 };
const connections = 4;
/** What is still running when the process stops is resumed at the next start. */
const stopTimeoutMs = 2_000;
const launchAgain = { minMs: 500, maxMs: 10_000 };
/** After a process has died this often with the same workflow, it is not resumed any more. */
const mostResumptions = 100;
/** Constant, so that what one version began is resumed by the next. */
const version = 'bailiwick';

/** Where a saga ended within a time, or that it is still running. */
export type SagaOutcome =
  | { readonly status: 'running' | 'done' }
  | { readonly status: 'failed'; readonly error: Error };

/** Sagas of one process. */
export interface Sagas extends AsyncDisposable {
  /** Resolves once they run; never, if they are stopped before. */
  readonly launched: Promise<void>;
  /**
   * Begins the saga with this id; if it has begun, waits for it, and repeats it from the failed step if it failed. Thirty
   * days after it was done, or as the saga says, its id is forgotten.
   */
  begin(name: string, id: string, input: SagaInput): Promise<void>;
  /** Waits at most so long. */
  outcome(id: string, withinMs: number): Promise<SagaOutcome>;
  /** The latest first. */
  list(filter: { status?: SagaStatus; limit: number }): Promise<SagaState[]>;
  /** Repeats a failed one from the step that failed. @throws saga.unknown (404), saga.not-failed (409) */
  retry(id: string): Promise<void>;
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
  },
): Sagas {
  const { logger, clock, attempts = defaultAttempts, upkeepMs } = ports;
  const pool = openPool({ url: settings.url, maxConnections: connections });
  DBOS.setConfig({
    name: 'bailiwick',
    systemDatabasePool: pool,
    systemDatabaseUrl: settings.url,
    systemDatabaseSchemaName: workflowSchema,
    runMigrations: false,
    executorID: settings.executor,
    applicationVersion: version,
    logger: quiet(logger),
  });
  const kept = sagas.flatMap(({ name, keptForMs }) => (keptForMs === undefined ? [] : [{ name, keptForMs }]));
  const upkeep = createUpkeep({ executor: settings.executor, logger, clock, everyMs: upkeepMs, kept });
  const workflows = new Map(
    sagas.map(
      (saga) => [saga.name, register(saga as unknown as Saga<SagaInput>, attempts, { upkeep, logger })] as const,
    ),
  );
  const stopping = new AbortController();
  let launched = false;
  const launching = (async () => {
    const backoff = new Backoff(launchAgain);
    while (!stopping.signal.aborted) {
      try {
        await DBOS.launch();
        launched = true;
        return;
      } catch (error) {
        logger.warn({ err: error }, 'workflows could not be started');
        // Half started, the library would take the next attempt for done, and resume nothing.
        await DBOS.shutdown().catch((fault: unknown) => logger.debug({ err: fault }, 'workflows'));
        await pause(backoff.nextMs(), clock, stopping.signal);
      }
    }
  })();
  const { promise: running, resolve: run } = Promise.withResolvers<void>();
  const keeping = launching.then(async () => {
    if (!launched || stopping.signal.aborted) return;
    run();
    await upkeep.run(stopping.signal);
  });
  const ready = (): void => {
    if (!launched || stopping.signal.aborted)
      throw platformFault('saga.not-ready', 'Workflows are not ready yet. Try again shortly.');
  };

  const rewind = async (id: string): Promise<void> => {
    const steps = (await DBOS.listWorkflowSteps(id)) ?? [];
    const failed = steps.find(({ error }) => error !== null);
    // What was taken back has to be done again.
    const isUndone = steps.some(({ name }) => name.startsWith(undoing));
    await DBOS.rewindWorkflow(id, { startStep: isUndone ? 0 : (failed?.functionID ?? 0) });
  };

  return {
    launched: running,
    async begin(name, id, input) {
      ready();
      const workflow = workflows.get(name);
      if (!workflow) throw platformFault('saga.unregistered', `There is no saga ${name}.`, undefined, 500);
      const before = await DBOS.getWorkflowStatus(id);
      if (before && statusOf(before.status) === 'failed') return rewind(id);
      await DBOS.startWorkflow(workflow, { workflowID: id })(input);
    },
    async outcome(id, withinMs) {
      ready();
      try {
        const result = await DBOS.getResult<string>(id, { timeoutSeconds: withinMs / 1_000, pollingIntervalMs: 50 });
        return { status: result === null ? 'running' : 'done' };
      } catch (error) {
        const found = await DBOS.getWorkflowStatus(id);
        // Otherwise the wait failed, not the workflow.
        if (!found || statusOf(found.status) !== 'failed') throw error;
        return { status: 'failed', error: failureOf(error) };
      }
    },
    async list({ status, limit }) {
      ready();
      const found = await DBOS.listWorkflows({
        limit,
        sortDesc: true,
        ...(status === undefined ? {} : { status: [...libraryStatuses[status]] }),
      });
      const completed = await completedSteps(pool, found);
      return found.map((each) => stateOf(each, completed.get(each.workflowID) ?? []));
    },
    async retry(id) {
      ready();
      const found = await DBOS.getWorkflowStatus(id);
      if (!found) throw callerFault('saga.unknown', 'There is no such workflow.', 404);
      if (statusOf(found.status) !== 'failed')
        throw callerFault('saga.not-failed', 'Only a workflow that has failed can be repeated.', 409);
      await rewind(id);
    },
    health: () =>
      launched
        ? { status: 'healthy' }
        : { status: 'degraded', detail: 'workflows have not been started: the database does not answer' },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await keeping;
      await DBOS.shutdown({ deregister: true, workflowCompletionTimeoutMS: stopTimeoutMs });
      await pool.end();
    },
  };
}

/** Before the name of a step that is taken back. */
const undoing = 'undo ';

type Workflow = (input: SagaInput) => Promise<string>;

function register(
  saga: Saga<SagaInput>,
  { timeoutMs, firstDelayMs, limit }: Attempts,
  { upkeep, logger }: { readonly upkeep: Upkeep; readonly logger: Logger },
): Workflow {
  const attempt = (step: SagaStep<SagaInput>, work: 'run' | 'undo', input: SagaInput): Promise<string> => {
    const timeoutMS = step.timeoutMs ?? timeoutMs;
    return DBOS.runStep(
      async () => {
        const signal = DBOS.stepStatus?.timeoutSignal ?? AbortSignal.timeout(timeoutMS);
        await step[work]?.(input, signal).catch((error: unknown) => {
          logger.warn({ err: error, saga: saga.name, step: step.name, work }, 'a step of a workflow failed');
          throw storable(error);
        });
        return 'done';
      },
      {
        name: work === 'run' ? step.name : undoing + step.name,
        retriesAllowed: true,
        intervalSeconds: firstDelayMs / 1_000,
        maxAttempts: limit,
        timeoutMS,
      },
    );
  };
  const takeBack = async (completed: readonly SagaStep<SagaInput>[], input: SagaInput): Promise<void> => {
    try {
      for (const step of completed.toReversed()) if (step.undo) await attempt(step, 'undo', input);
    } catch (error) {
      // Otherwise the log has it; the workflow failed because of the step before.
      if (isUnstored(error)) throw error;
    }
  };
  const body = async (input: SagaInput): Promise<string> => {
    const completed: SagaStep<SagaInput>[] = [];
    for (const step of saga.steps) {
      try {
        await attempt(step, 'run', input);
      } catch (error) {
        if (isUnstored(error)) throw error;
        await takeBack(completed, input);
        throw failureOf(error);
      }
      completed.push(step);
    }
    return 'done';
  };
  return DBOS.registerWorkflow((input: SagaInput) => upkeep.during(DBOS.workflowID ?? '', () => body(input)), {
    name: saga.name,
    maxRecoveryAttempts: mostResumptions,
  });
}

const libraryStatuses = {
  running: ['PENDING', 'ENQUEUED', 'DELAYED'],
  done: ['SUCCESS'],
  failed: ['ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED'],
} as const satisfies Record<SagaStatus, readonly string[]>;

const statusOf = (status: string): SagaStatus => {
  if (status === 'SUCCESS') return 'done';
  return (libraryStatuses.failed as readonly string[]).includes(status) ? 'failed' : 'running';
};

type Found = NonNullable<Awaited<ReturnType<typeof DBOS.getWorkflowStatus>>>;

/** The names of the completed steps of each, in order. The library reads the steps of one workflow at a time. */
async function completedSteps(pool: pg.Pool, of: readonly Found[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await pool.query<{ id: string; names: string[] }>(
    `select workflow_uuid as id, array_agg(function_name order by function_id) as names
       from ${workflowSchema}.operation_outputs where workflow_uuid = any($1) and error is null group by workflow_uuid`,
    [of.map(({ workflowID }) => workflowID)],
  );
  return new Map(rows.map(({ id, names }) => [id, names]));
}

function stateOf(found: Found, completed: readonly string[]): SagaState {
  const status = statusOf(found.status);
  return {
    id: found.workflowID,
    saga: found.workflowName,
    status,
    input: (found.input?.[0] ?? {}) as SagaInput,
    startedAtMs: found.createdAt,
    updatedAtMs: found.updatedAt ?? found.createdAt,
    completed,
    ...(status === 'failed' ? { failure: failureOf(found.error) } : {}),
  };
}

/** What is stored of an error: its code and its sentence, neither of which contains a secret. */
class SagaFailure extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'SagaFailure';
    this.code = code;
  }
}

const storable = (error: unknown): SagaFailure =>
  error instanceof BailiwickError
    ? new SagaFailure(error.code, error.message)
    : new SagaFailure('saga.step-failed', 'The step failed unexpectedly. The log of the process has the cause.');

/** From the last attempt that a step made; one that was read from the database is no Error any more. */
function failureOf(error: unknown): SagaFailure {
  const attempts = isObject(error) && Array.isArray(error['errors']) ? error['errors'] : [];
  const last: unknown = attempts.at(-1) ?? error;
  if (isObject(last) && typeof last['code'] === 'string' && typeof last['message'] === 'string')
    return new SagaFailure(last['code'], last['message']);
  return storable(error);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** What the library says of its own accord matters to nobody but its debuggers, except for faults. */
function quiet(logger: Logger) {
  const at = (level: 'debug' | 'warn') => (entry: unknown) => logger[level]({ from: 'workflows' }, String(entry));
  return { info: at('debug'), debug: at('debug'), warn: at('warn'), error: at('warn') };
}
