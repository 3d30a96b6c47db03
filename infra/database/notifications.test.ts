import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { notifyOnceCommitted } from './notifications.ts';
import { openDatabase, type Database } from './pool.ts';
import { openRecords } from './prisma.ts';
import { countingFor, RequestStatements } from './statements.ts';

const stack = new AsyncDisposableStack();
const tenant = newTenantId();
let server: TestDatabase;
let database: Database;
let heard = 0;

beforeAll(async () => {
  server = stack.use(await testDatabase('api'));
  database = stack.use(openDatabase({ url: server.url, maxConnections: 8 }));
  const count = { notified: () => void (heard += 1), connected: () => undefined, disconnected: () => undefined };
  stack.use(await database.listen('news', count));
});
beforeEach(() => {
  heard = 0;
});
afterAll(() => stack.disposeAsync());

/** Long enough for a notification that is on its way. */
const settled = () => delay(200);

test('is heard once the transaction is committed, and not before', async () => {
  await database.inTenant(tenant, async (transaction) => {
    await transaction.query('select 1');
    await notifyOnceCommitted(transaction, 'news');
    await notifyOnceCommitted(transaction, 'news');
    await settled();
    expect(heard).toBe(0);
  });
  await expect.poll(() => heard).toBe(1);
  await settled();
  expect(heard).toBe(1);
});

test('is not heard of one that is rolled back, nor of the next on its connection', async () => {
  const failing = database.inTenant(tenant, async (transaction) => {
    await notifyOnceCommitted(transaction, 'news');
    await transaction.query('select 1');
    throw new Error('given up');
  });
  await expect(failing).rejects.toThrow('given up');
  await database.inTenant(tenant, (transaction) => transaction.query('select 1'));
  await settled();
  expect(heard).toBe(0);
});

test('stands for many, but each is followed by one', async () => {
  const once = () =>
    database.inTenant(tenant, async (transaction) => {
      await transaction.query('select 1');
      await notifyOnceCommitted(transaction, 'news');
    });
  await Promise.all(Array.from({ length: 200 }, once));
  await settled();
  expect(heard).toBeGreaterThan(0);
  expect(heard).toBeLessThan(100);
  const before = heard;
  await once();
  await expect.poll(() => heard).toBe(before + 1);
});

test('is no statement of the request in which it was asked for', async () => {
  const statements = new RequestStatements();
  await countingFor(statements, () =>
    database.inTenant(tenant, async (transaction) => {
      await transaction.query('select 2');
      await notifyOnceCommitted(transaction, 'news');
    }),
  );
  await expect.poll(() => heard).toBe(1);
  expect(statements.count).toBe(1);
});

test('what is due is sent before the database is closed', async () => {
  const closing = openDatabase({ url: server.url, maxConnections: 1 });
  for (let times = 0; times < 2; times += 1)
    await closing.inTenant(tenant, async (transaction) => {
      await transaction.query('select 1');
      await notifyOnceCommitted(transaction, 'news');
    });
  await closing[Symbol.asyncDispose]();
  await expect.poll(() => heard).toBe(2);
});

test('is heard of a transaction of Prisma, too, and not before it is committed', async () => {
  const records = openRecords({ url: server.url, maxConnections: 1 });
  try {
    await records.inTenant(tenant, async (_, transaction) => {
      await notifyOnceCommitted(transaction, 'news');
      await settled();
      expect(heard).toBe(0);
    });
    await expect.poll(() => heard).toBe(1);
  } finally {
    await records[Symbol.asyncDispose]();
  }
});
