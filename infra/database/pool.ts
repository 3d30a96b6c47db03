import type pg from 'pg';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { HealthCheck } from '#infra/observability/health.ts';
import { escapeIdentifier, escapeLiteral, newConnection, openPool } from './connections.ts';
import { asDatabaseError, databaseUnavailable, unreachable } from './database-errors.ts';
import { Notifications } from './notifications.ts';

/**
 * Where a statement can be sent: a transaction of one tenant, or of the platform. Statements that do not wait for each
 * other's results share a round trip; they are carried out in order, and after one that fails so do the rest.
 */
export type Transaction = Pick<pg.PoolClient, 'query'>;

export type Statement = pg.QueryConfig;

/**
 * A process's connections to PostgreSQL. Every use is a transaction that declares whose rows it may see: row-level
 * security shows nothing to a transaction that declares nobody.
 */
export interface Database extends AsyncDisposable {
  /** Runs in a transaction that sees the rows of one tenant. Rolled back if `work` throws before it sends the commit. */
  inTenant<Result>(tenant: TenantId, work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  /** Runs in a transaction that sees the rows of every tenant; the role must be allowed to (see the migrations). */
  acrossTenants<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  /** A transaction of one statement, in one round trip: begin and commit are sent with it. */
  queryInTenant<Row extends pg.QueryResultRow>(tenant: TenantId, statement: Statement): Promise<Row[]>;
  queryAcrossTenants<Row extends pg.QueryResultRow>(statement: Statement): Promise<Row[]>;
  /** Follows NOTIFY on a channel with its own connection, which is re-established when it breaks. */
  listen(channel: string, events: ListenEvents): Promise<AsyncDisposable>;
  /** Whether it responds. */
  health: HealthCheck;
}

/** The transactions that are open, by their clients, and how to send their commits. */
const commits = new WeakMap<object, () => void>();

/**
 * Sends the commit behind the statements that were sent so far, which saves a round trip. To be called when all of them
 * have been sent and their results no longer decide whether to commit: if one fails, PostgreSQL rolls back, but not for what
 * failed before it was sent. What is sent afterwards fails, or sees no rows. The transaction has ended, one way or the
 * other, when the work that was given to `inTenant` has.
 *
 * A Prisma transaction is committed when its work has ended.
 */
export function commitBehind(transaction: Transaction): void {
  commits.get(transaction)?.();
}

/** Sends a transaction's last statement, and the commit behind it. */
export function queryAndCommit<Row extends pg.QueryResultRow>(
  transaction: Transaction,
  statement: Statement,
): Promise<pg.QueryResult<Row>> {
  const answered = transaction.query<Row>(statement);
  commitBehind(transaction);
  return answered;
}

export interface ListenEvents {
  notified(payload: string): void;
  /** The connection is established (again): whatever was missed has to be read now. */
  connected(): void;
  /** The connection is lost: cached state may be stale from now on. */
  disconnected(): void;
}

export function openDatabase(settings: { url: string; maxConnections: number }): Database {
  const pool = openPool({ ...settings, pipeline: true });
  const notifications = new Notifications(pool);
  const run = <Result>(scope: string, work: (transaction: Transaction) => Promise<Result>) =>
    transact(pool, notifications, scope, work);
  const query = <Row extends pg.QueryResultRow>(scope: string, statement: Statement) =>
    transactAtOnce<Row>(pool, scope, statement);
  return {
    inTenant: (tenant, work) => run(tenant, work),
    acrossTenants: (work) => run('*', work),
    queryInTenant: (tenant, statement) => query(tenant, statement),
    queryAcrossTenants: (statement) => query('*', statement),
    listen: (channel, events) => listen(settings.url, channel, events),
    health: () =>
      pool.query('select 1').then(
        () => ({ status: 'healthy' }),
        () => ({ status: 'unhealthy', detail: 'the database does not answer' }),
      ),
    async [Symbol.asyncDispose]() {
      await notifications.close();
      await pool.end();
    },
  };
}

async function transact<Result>(
  pool: pg.Pool,
  notifications: Notifications,
  scope: string,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  const client = await connect(pool);
  const ended = notifications.begin(client);
  let commit: Promise<pg.QueryResult> | undefined;
  const sendCommit = (): Promise<pg.QueryResult> => (commit ??= client.query('commit'));
  commits.set(client, () => void sendCommit().catch(() => undefined));
  let committed = false;
  let broken: Error | undefined;
  try {
    // Sent with the first statement. Should it fail, no statement sees any rows: there is no scope.
    const begun = begin(client, scope);
    begun.catch(() => undefined);
    const result = await work(client);
    await begun;
    const { command } = await sendCommit();
    committed = command === 'COMMIT';
    return result;
  } catch (error) {
    await client.query('rollback').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw asDatabaseError(error);
  } finally {
    commits.delete(client);
    client.release(broken);
    ended(committed);
  }
}

async function transactAtOnce<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  scope: string,
  statement: Statement,
): Promise<Row[]> {
  const client = await connect(pool);
  let broken: Error | undefined;
  try {
    // After a statement that failed, the commit rolls back.
    const sent = [begin(client, scope), client.query<Row>(statement), client.query('commit')] as const;
    await Promise.allSettled(sent);
    const [, { rows }] = await Promise.all(sent);
    return rows;
  } catch (error) {
    broken = databaseUnavailable(error);
    throw asDatabaseError(error);
  } finally {
    client.release(broken);
  }
}

const connect = (pool: pg.Pool): Promise<pg.PoolClient> =>
  pool.connect().catch((cause: unknown) => {
    throw unreachable(cause);
  });

/** Not set_config(), which is planned and run as a query, and takes half as long again for a transaction of one statement. */
const begin = (client: pg.PoolClient, scope: string) =>
  client.query(`begin; set local app.tenant = ${escapeLiteral(scope)}`);

async function listen(url: string, channel: string, events: ListenEvents): Promise<AsyncDisposable> {
  let closed = false;
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  const connect = async (): Promise<void> => {
    const next = newConnection(url);
    client = next;
    let over = false;
    const lost = () => {
      if (over || closed) return;
      over = true;
      events.disconnected();
      retry = setTimeout(() => void connect(), 250);
      retry.unref();
    };
    next.on('error', lost);
    next.on('end', lost);
    next.on('notification', (message) => events.notified(message.payload ?? ''));
    try {
      await next.connect();
      await next.query(`listen ${escapeIdentifier(channel)}`);
      events.connected();
    } catch {
      lost();
      await next.end().catch(() => undefined);
    }
  };
  await connect();
  return {
    async [Symbol.asyncDispose]() {
      closed = true;
      clearTimeout(retry);
      await client?.end().catch(() => undefined);
    },
  };
}
