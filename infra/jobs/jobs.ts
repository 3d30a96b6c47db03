import { PgBoss, type Db } from 'pg-boss';
import { openPool } from '#infra/database/connections.ts';
import type { Database, Transaction } from '#infra/database/pool.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { HealthCause } from '#infra/observability/health.ts';
import { jobsSchema } from './schema.ts';

/** A kind of job. What is stored of one is ids; whatever they stand for is read, by who may, when it runs. */
export interface JobQueue<Data extends object> {
  /** Never changes: jobs of an earlier release are in the database. */
  readonly name: string;
  /** How many run at once in this process. */
  readonly concurrency: number;
  /** How many of one group (a tenant) run at once, in all processes together. */
  readonly ofGroup: number;
  /** A job whose process has ended without a word is given to another after this time. */
  readonly expiresAfterSec: number;
  /** Repeated with growing pauses if it throws, or if its process ends: it must stand that. */
  readonly run: (data: Data, signal: AbortSignal) => Promise<void>;
}

export interface NewJob<Data extends object> {
  readonly data: Data;
  readonly group: string;
  /** Not before; by default at once. */
  readonly at?: Date | undefined;
}

/** Work that is kept in PostgreSQL and carried out by any process that has opened its queues (pg-boss). */
export interface Jobs extends AsyncDisposable {
  /** Adds jobs in the caller's transaction: they exist exactly if it commits. */
  add<Data extends object>(
    transaction: Transaction,
    queue: Pick<JobQueue<Data>, 'name'>,
    jobs: readonly NewJob<Data>[],
  ): Promise<void>;
  /** Begins to carry out a queue's jobs. */
  work<Data extends object>(queue: JobQueue<Data>): Promise<void>;
  /** The library itself, for schedules (schedules.ts). */
  readonly boss: PgBoss;
  /** Degraded while the library reports errors. */
  health(): Omit<HealthCause, 'name'>;
}

/** What a process that was killed leaves is looked for this often. */
const superviseEverySec = 15;
/** Jobs that are due later are looked for this often; others are notified. */
const pollEverySec = 5;
/** After an error of the library, for which `health` is degraded. */
const degradedForMs = 60_000;
const stopWithinMs = 20_000;
const dayMs = 24 * 60 * 60_000;

/** Opens the jobs of the database; its tables exist already (schema.ts), and this role may not change them. */
export async function openJobs(
  { url, maxConnections }: { readonly url: string; readonly maxConnections: number },
  { database, logger }: { readonly database: Pick<Database, 'listen'>; readonly logger: Logger },
): Promise<Jobs> {
  const pool = openPool({ url, maxConnections });
  const boss = new PgBoss({
    db: databaseFor(pool, database),
    schema: jobsSchema,
    migrate: false,
    createSchema: false,
    // Rebuilding an index takes its owner.
    reindex: false,
    useListenNotify: true,
    superviseIntervalSeconds: superviseEverySec,
    monitorIntervalSeconds: superviseEverySec,
    cronMonitorIntervalSeconds: superviseEverySec,
  });
  let failedAtMs = Number.NEGATIVE_INFINITY;
  boss.on('error', (error) => {
    failedAtMs = Date.now();
    logger.error({ err: error }, 'the job queue reports an error');
  });
  boss.on('warning', ({ message }) => logger.warn({ reason: message }, 'the job queue reports a warning'));
  try {
    await boss.start();
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    boss,
    async add(transaction, { name }, jobs) {
      if (jobs.length === 0) return;
      const rows = jobs.map(({ data, group, at }) => ({
        data,
        group: { id: group },
        ...(at ? { startAfter: at } : {}),
      }));
      await boss.insert(name, rows, { db: databaseFor(transaction) });
    },
    async work({ name, concurrency, ofGroup, expiresAfterSec, run }) {
      const kept = {
        expireInSeconds: expiresAfterSec,
        retryLimit: 1_000,
        retryDelay: 5,
        retryBackoff: true,
        retryDelayMax: 300,
        retentionSeconds: (30 * dayMs) / 1_000,
        deleteAfterSeconds: 60,
        notify: true,
      };
      await boss.createQueue(name, kept);
      // One that an earlier release has made.
      await boss.updateQueue(name, kept);
      const options = {
        localConcurrency: concurrency,
        groupConcurrency: ofGroup,
        pollingIntervalSeconds: pollEverySec,
        notifyPollingIntervalSeconds: pollEverySec,
      };
      await boss.work(name, options, async ([job]: { data: object; signal: AbortSignal }[]) => {
        if (job) await run(job.data as Parameters<typeof run>[0], job.signal);
      });
    },
    health: () =>
      Date.now() - failedAtMs < degradedForMs
        ? { status: 'degraded', detail: 'the job queue has reported an error in the last minute' }
        : { status: 'healthy' },
    async [Symbol.asyncDispose]() {
      await boss.stop({ graceful: true, timeout: stopWithinMs, close: false });
      await pool.end();
    },
  };
}

/** What the library needs of a connection: statements and, if there is somebody to listen, notifications. */
export function databaseFor(statements: Transaction, listener?: Pick<Database, 'listen'>): Db {
  return {
    executeSql: (text, values) => statements.query(text, values as unknown[]),
    ...(listener && {
      async listen(channel: string, notified: (payload: string) => void, connected: () => void) {
        const following = await listener.listen(channel, { notified, connected, disconnected: () => undefined });
        return { close: async () => following[Symbol.asyncDispose]() };
      },
    }),
  };
}
