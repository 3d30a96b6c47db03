import { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import { testDatabase } from '#test/database.ts';
import { conditionStates, isUnmet, required } from './condition.ts';
import { notifyOnceCommitted } from './notifications.ts';
import { commitBehind, openDatabase, queryAndCommit, type Database } from './pool.ts';
import { openRecords, type Records } from './prisma.ts';

const stack = new AsyncDisposableStack();
const tenant = newTenantId();
let database: Database;
let records: Records;
let heard = 0;

beforeAll(async () => {
  const server = stack.use(await testDatabase('api'));
  const admin = stack.use(openDatabase({ url: server.adminUrl, maxConnections: 1 }));
  // One connection, so that every transaction follows the one before on it.
  database = stack.use(openDatabase({ url: server.url, maxConnections: 1 }));
  records = stack.use(openRecords({ url: server.url, maxConnections: 1 }));
  await admin.queryAcrossTenants({
    text: "insert into tenant (id, name, status) values ($1, 'T', 'active')",
    values: [tenant],
  });
  const count = { notified: () => void (heard += 1), connected: () => undefined, disconnected: () => undefined };
  stack.use(await database.listen('news', count));
});
afterAll(() => stack.disposeAsync());
afterEach(async () => {
  await database.queryInTenant(tenant, { text: 'delete from tenant_member' });
});

const add = (subject: string) => ({
  text: "insert into tenant_member (tenant_id, subject, role) values ($1, $2, 'owner')",
  values: [tenant, subject],
});
const count = { text: 'select from tenant_member' };
const members = async () => (await database.queryInTenant(tenant, count)).length;

test('a transaction of one statement is sent with one system call, and is committed when it resolves', async () => {
  await members();
  const sent = ['_write', '_writev'].map((name) => vi.spyOn(Socket.prototype, name as '_write'));
  await database.inTenant(tenant, (transaction) => queryAndCommit(transaction, add('discord:1')));
  const calls = sent.flatMap(({ mock }) => mock.calls.length);
  vi.restoreAllMocks();
  expect(calls).toEqual([0, 1]);
  expect(await members()).toBe(1);
});

test('a statement that fails takes back those before it, although the commit was sent', async () => {
  const adding = database.inTenant(tenant, async (transaction) => {
    const sent = [transaction.query(add('discord:1')), queryAndCommit(transaction, add('discord:1'))];
    await Promise.allSettled(sent);
    await Promise.all(sent);
  });
  await expect(adding).rejects.toMatchObject({ code: '23505' });
  expect(await members()).toBe(0);
});

test.each(['versionStored', 'leaseHeld'] as const)(
  'an unmet condition does so, too, and says which: %s',
  async (which) => {
    const change = (condition: string) =>
      database.inTenant(tenant, async (transaction) => {
        const added = transaction.query(add('discord:1'));
        await queryAndCommit(transaction, { text: `select ${required(which, condition)} from tenant_member` });
        await added;
      });
    const fault: unknown = await change('count(*) = 2').catch((error: unknown) => error);
    const found = (['versionStored', 'leaseHeld'] as const).filter((each) => isUnmet(fault, each));
    expect([found, await members()]).toEqual([[which], 0]);
    await expect(change('null')).rejects.toMatchObject({ code: conditionStates[which] });
    await change('count(*) = 1');
    expect(await members()).toBe(1);
  },
);

test('what is sent after the commit sees nothing, and changes nothing', async () => {
  const late = database.inTenant(tenant, async (transaction) => {
    await queryAndCommit(transaction, add('discord:1'));
    expect((await transaction.query(count)).rowCount).toBe(0);
    await transaction.query(add('discord:2'));
  });
  await expect(late).rejects.toMatchObject({ code: '42501' });
  expect(await members()).toBe(1);
});

test('is notified of once it is committed, and not if it is not', async () => {
  const change = (condition: string) =>
    database.inTenant(tenant, async (transaction) => {
      const changed = queryAndCommit(transaction, { text: `select ${required('versionStored', condition)}` });
      await notifyOnceCommitted(transaction, 'news');
      await changed.catch(() => undefined);
    });
  await change('false');
  await change('true');
  await expect.poll(() => heard).toBe(1);
});

test('in a Prisma transaction, the commit follows the work', async () => {
  await records.inTenant(tenant, async (_rows, statements) => {
    commitBehind(statements);
    await statements.query(add('discord:1').text, add('discord:1').values);
  });
  expect(await members()).toBe(1);
});
