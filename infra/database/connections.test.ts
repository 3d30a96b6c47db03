import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';

import { newConnection, openPool } from './connections.ts';
import { createHeldLocks } from './held-locks.ts';
import { tryToLead } from './leadership.ts';
import { openDatabase, type Database, type Transaction } from './pool.ts';
import { openRecords, type Records } from './prisma.ts';

/*
 * An 'error' event without a listener is an uncaught exception, which vitest reports as a failure of this file: so each
 * test ends the server's side of a connection in one of its possible states.
 */
let server: TestDatabase;
let admin: Database;
let database: Database;
let records: Records;
const stack = new AsyncDisposableStack();
const tenant = newTenantId();

beforeAll(async () => {
  server = stack.use(await testDatabase('api'));
  admin = stack.use(openDatabase({ url: server.adminUrl, maxConnections: 1 }));
  database = stack.use(openDatabase({ url: server.url, maxConnections: 2 }));
  records = stack.use(openRecords({ url: server.url, maxConnections: 2 }));
});
afterAll(() => stack.disposeAsync());

const backendOf = async (connection: Transaction): Promise<number> =>
  (await connection.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;

async function end(pid: number): Promise<void> {
  await admin.acrossTenants((transaction) => transaction.query('select pg_terminate_backend($1, 5000)', [pid]));
}

/** Not events.once, which also listens for errors. */
const endOf = (client: pg.ClientBase): Promise<void> => new Promise((resolve) => client.once('end', () => resolve()));

describe('a connection whose server process ends', () => {
  test('lent by the pool: the transaction says so, and the next one has another connection', async () => {
    const during = database.inTenant(tenant, async (transaction) => {
      await end(await backendOf(transaction));
      await transaction.query('select 1');
    });
    await expect(during).rejects.toMatchObject({ code: 'database.unavailable', status: 503, retryAfterSec: 1 });
    await expect(database.inTenant(tenant, async () => 'served')).resolves.toBe('served');
  });

  test('lent, while nothing is sent through it: nothing ends', async () => {
    await using pool = {
      pool: openPool({ url: server.url, maxConnections: 1 }),
      [Symbol.asyncDispose]: () => pool.pool.end(),
    };
    const client = await pool.pool.connect();
    const ended = endOf(client);
    await end(await backendOf(client));
    await ended;
    client.release(true);
  });

  test("lent by Prisma's: the same", async () => {
    const during = records.inTenant(tenant, async (rows, statements) => {
      await end(await backendOf(statements));
      await rows.tenant.count();
    });
    await expect(during).rejects.toMatchObject({ code: 'database.unavailable', status: 503 });
    await expect(records.inTenant(tenant, async (rows) => rows.tenant.count())).resolves.toBe(0);
  });

  test('on its own, with a listener of nobody', async () => {
    const connection = newConnection(server.url);
    await connection.connect();
    const ended = endOf(connection);
    await end(await backendOf(connection));
    await ended;
  });

  test('that follows notifications: it is told, and connects again', async () => {
    const said: string[] = [];
    await using _listening = await database.listen('of_this_test', {
      connected: () => said.push('connected'),
      disconnected: () => said.push('disconnected'),
      notified: () => said.push('notified'),
    });
    const found = await admin.acrossTenants((transaction) =>
      transaction.query<{ pid: number }>(
        `select pid from pg_stat_activity where datname = current_database() and query like 'listen "of_this_test"'`,
      ),
    );
    await end(found.rows[0]?.pid ?? 0);
    await expect.poll(() => said).toEqual(['connected', 'disconnected', 'connected']);
  });

  test('that holds a lock, or the leadership: both are lost', async () => {
    await using locks = createHeldLocks(server.url);
    const lock = await locks.tryTake('of this test');
    await using leadership = await tryToLead(server.url, 'of this test too');
    const pids = await admin.acrossTenants((transaction) =>
      transaction.query<{ pid: number }>(
        "select distinct pid from pg_locks join pg_database on oid = database where locktype = 'advisory' and datname = current_database()",
      ),
    );
    expect(pids.rowCount).toBe(2);
    for (const { pid } of pids.rows) await end(pid);
    await expect.poll(() => [lock?.lost.aborted, leadership?.lost.aborted]).toEqual([true, true]);
  });
});

describe('a database that cannot serve now', () => {
  test.each([
    ['53100', 'database.full'],
    ['53300', 'database.busy'],
    ['57014', 'database.busy'],
    ['57P01', 'database.unavailable'],
    ['40001', 'database.conflict'],
  ])('SQLSTATE %s is %s, through pg and through Prisma', async (state, code) => {
    const raise = `do $$ begin raise exception 'as asked' using errcode = '${state}'; end $$`;
    const expected = { code, status: 503, owner: 'platform' };
    await expect(database.inTenant(tenant, (statements) => statements.query(raise))).rejects.toMatchObject(expected);
    const asStatement = records.inTenant(tenant, (_rows, statements) => statements.query(raise));
    await expect(asStatement).rejects.toMatchObject(expected);
    const asPrisma = records.inTenant(tenant, (rows) => rows.$executeRawUnsafe(raise));
    await expect(asPrisma).rejects.toMatchObject(expected);
  });

  test('a fault of the statement stays what it is', async () => {
    const unique = `do $$ begin raise exception 'connection terminated' using errcode = '23505'; end $$`;
    await expect(database.inTenant(tenant, (statements) => statements.query(unique))).rejects.toMatchObject({
      code: '23505',
    });
    await expect(records.inTenant(tenant, (rows) => rows.$executeRawUnsafe(unique))).rejects.not.toMatchObject({
      status: 503,
    });
  });

  test('nobody there at all', async () => {
    const url = 'postgres://nobody@127.0.0.1:1/none';
    await using away = openDatabase({ url, maxConnections: 1 });
    await using recordsAway = openRecords({ url, maxConnections: 1 });
    const expected = { code: 'database.unavailable', status: 503 };
    await expect(away.inTenant(tenant, async () => 1)).rejects.toMatchObject(expected);
    await expect(recordsAway.inTenant(tenant, (rows) => rows.tenant.count())).rejects.toMatchObject(expected);
  });
});

describe('a statement', () => {
  test('leaves nothing behind that outlives the young generation', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as (how?: { readonly type: 'minor' }) => void;
    const oldBytes = () =>
      getHeapSpaceStatistics().find((space) => space.space_name === 'old_space')?.space_used_size ?? Number.NaN;
    const statements = 1_000;
    const send = async () => {
      for (let sent = 0; sent < statements; sent += 1)
        await database.queryInTenant(tenant, { name: 'large', text: "select repeat('x', 10000) as large" });
    };
    await send();
    collect();
    const before = oldBytes();
    await send();
    // Only what is still referred to is left after two of these, and moved to the old generation.
    for (let times = 0; times < 2; times += 1) collect({ type: 'minor' });
    expect((oldBytes() - before) / statements).toBeLessThan(2_000);
  });

  test('is answered by a promise or a callback, wherever that is given', async () => {
    const connection = newConnection(server.url);
    await connection.connect();
    const text = 'select 1 as one';
    const rows = [{ one: 1 }];
    const byCallback = (send: (done: (error: Error, result: pg.QueryResult) => void) => void) =>
      new Promise((resolve, reject) => {
        send((error, result) => (error ? reject(error) : resolve(result)));
      });
    const ways = [
      () => connection.query(text),
      () => connection.query({ text }),
      () => connection.query('select $1::int as one', [1]),
      // As libraries do that pass on what they were given.
      () => Reflect.apply(connection.query, connection, [text, undefined, undefined]) as Promise<pg.QueryResult>,
      () => byCallback((done) => connection.query(text, done)),
      () => byCallback((done) => connection.query('select $1::int as one', [1], done)),
      () => byCallback((done) => void Reflect.apply(connection.query, connection, [text, undefined, done])),
    ];
    for (const send of ways) expect(await send()).toMatchObject({ rows });
    await connection.end();
  });

  test('that fails says who has sent it', async () => {
    const failed = await failureOf(async () => {
      await database.inTenant(tenant, (statements) => statements.query('select of_nothing'));
    });
    expect(failed.stack).toContain(import.meta.filename);
  });
});

async function failureOf(work: () => Promise<unknown>): Promise<Error> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it did not fail');
}
