import { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { openDatabase, type Database } from './pool.ts';

const stack = new AsyncDisposableStack();
const [tenant, other] = [newTenantId(), newTenantId()];
let server: TestDatabase;
let admin: Database;
/** One connection, so that every transaction follows the one before on it. */
let database: Database;

beforeAll(async () => {
  server = stack.use(await testDatabase('api'));
  admin = stack.use(openDatabase({ url: server.adminUrl, maxConnections: 1 }));
  database = stack.use(openDatabase({ url: server.url, maxConnections: 1 }));
  for (const id of [tenant, other])
    await admin.queryAcrossTenants({
      text: "insert into tenant (id, name, status) values ($1, 'T', 'active')",
      values: [id],
    });
});
afterAll(() => stack.disposeAsync());

const add = (to: string, subject: string) => ({
  text: "insert into tenant_member (tenant_id, subject, role) values ($1, $2, 'owner')",
  values: [to, subject],
});
const subjects = async () =>
  (
    await database.queryInTenant<{ subject: string }>(tenant, { text: 'select subject from tenant_member order by 1' })
  ).map(({ subject }) => subject);

test('is committed when it resolves, and sees one tenant alone', async () => {
  await database.queryInTenant(tenant, add(tenant, 'discord:1'));
  await database.queryInTenant(other, add(other, 'discord:2'));
  expect(await subjects()).toEqual(['discord:1']);
  expect(await admin.queryAcrossTenants({ text: 'select 1 from tenant_member' })).toHaveLength(2);
});

test('is sent with one system call', async () => {
  await subjects();
  const sent = ['_write', '_writev'].map((name) => vi.spyOn(Socket.prototype, name as '_write'));
  await subjects();
  const calls = sent.flatMap(({ mock }) => mock.calls.length);
  vi.restoreAllMocks();
  expect(calls).toEqual([0, 1]);
});

test('refuses a row of another tenant, and the next transaction on the connection is unharmed', async () => {
  await expect(database.queryInTenant(tenant, add(other, 'discord:3'))).rejects.toMatchObject({ code: '42501' });
  await database.queryInTenant(tenant, add(tenant, 'discord:4'));
  expect(await subjects()).toEqual(['discord:1', 'discord:4']);
});

test('the database ends the connection: unavailable, and the next has another', async () => {
  const own = { text: 'select pg_terminate_backend(pg_backend_pid())' };
  await expect(database.queryInTenant(tenant, own)).rejects.toMatchObject({ code: 'database.unavailable' });
  expect(await subjects()).toHaveLength(2);
});

test('statements of one transaction that are sent together: after one that fails, none counts', async () => {
  const failing = database.inTenant(tenant, (transaction) =>
    Promise.all([
      transaction.query(add(tenant, 'discord:5')),
      transaction.query(add(other, 'discord:6')),
      transaction.query(add(tenant, 'discord:7')),
    ]),
  );
  await expect(failing).rejects.toMatchObject({ code: '42501' });
  expect(await subjects()).toHaveLength(2);
});
