import type pg from 'pg';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { HealthCheck } from '#infra/observability/health.ts';
import { escapeIdentifier, newConnection, openPool } from './connections.ts';
import { asDatabaseError, unreachable } from './database-errors.ts';

/** Where a statement can be sent: a transaction of one tenant, or of the platform. */
export type Transaction = Pick<pg.PoolClient, 'query'>;

/**
 * A process's connections to PostgreSQL. Every use is a transaction that declares whose rows it may see: row-level
 * security shows nothing to a transaction that declares nobody.
 */
export interface Database extends AsyncDisposable {
  /** Runs in a transaction that sees the rows of one tenant. Rolled back if `work` throws. */
  inTenant<Result>(tenant: TenantId, work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  /** Runs in a transaction that sees the rows of every tenant; the role must be allowed to (see the migrations). */
  acrossTenants<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  /** Follows NOTIFY on a channel with its own connection, which is re-established when it breaks. */
  listen(channel: string, events: ListenEvents): Promise<AsyncDisposable>;
  /** Whether it responds. */
  health: HealthCheck;
}

export interface ListenEvents {
  notified(payload: string): void;
  /** The connection is established (again): whatever was missed has to be read now. */
  connected(): void;
  /** The connection is lost: cached state may be stale from now on. */
  disconnected(): void;
}

export function openDatabase(settings: { url: string; maxConnections: number }): Database {
  const pool = openPool(settings);
  const run = <Result>(scope: string, work: (transaction: Transaction) => Promise<Result>) =>
    transact(pool, scope, work);
  return {
    inTenant: (tenant, work) => run(tenant, work),
    acrossTenants: (work) => run('*', work),
    listen: (channel, events) => listen(settings.url, channel, events),
    health: () =>
      pool.query('select 1').then(
        () => ({ status: 'healthy' }),
        () => ({ status: 'unhealthy', detail: 'the database does not answer' }),
      ),
    async [Symbol.asyncDispose]() {
      await pool.end();
    },
  };
}

async function transact<Result>(
  pool: pg.Pool,
  scope: string,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect().catch((cause: unknown) => {
    throw unreachable(cause);
  });
  let broken: Error | undefined;
  try {
    await client.query('begin');
    await client.query("select set_config('app.tenant', $1, true)", [scope]);
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw asDatabaseError(error);
  } finally {
    client.release(broken);
  }
}

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
