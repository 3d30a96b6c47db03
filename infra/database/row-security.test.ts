import { afterAll, beforeAll, expect, test } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { openDatabase, type Database } from './pool.ts';

let server: TestDatabase;
let api: Database;
let identity: Database;
const tenantA = newTenantId();
const tenantB = newTenantId();

beforeAll(async () => {
  server = await testDatabase();
  api = openDatabase({ url: server.urlOf('api'), maxConnections: 1 });
  identity = openDatabase({ url: server.urlOf('identity'), maxConnections: 1 });
  for (const tenant of [tenantA, tenantB]) {
    await api.inTenant(tenant, (transaction) =>
      transaction.query('insert into tenant (id, name) values ($1, $2)', [tenant, tenant]),
    );
  }
});

afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await identity[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const visible = async (database: Database, scope: 'a' | 'all') => {
  const read = (transaction: { query: (sql: string) => Promise<{ rows: { id: string }[] }> }) =>
    transaction.query('select id from tenant order by id').then(({ rows }) => rows.map((row) => row.id));
  return scope === 'all' ? database.acrossTenants(read) : database.inTenant(tenantA, read);
};

test("shows a transaction of tenant A only A's rows", async () => {
  expect(await visible(api, 'a')).toEqual([tenantA]);
});

test('shows every row to a role that may look across tenants', async () => {
  expect(await visible(api, 'all')).toEqual([tenantA, tenantB].sort());
});

test('shows nothing to a transaction that names no tenant, also on a connection that named one before', async () => {
  await visible(api, 'a');
  const rows = await api.inTenant('' as typeof tenantA, (transaction) => transaction.query('select id from tenant'));
  expect(rows.rows).toEqual([]);
});

test("refuses to write a row of tenant B in a transaction of tenant A, and leaves B's row as it was", async () => {
  const attempt = api.inTenant(tenantA, (transaction) =>
    transaction.query('insert into tenant_member (tenant_id, subject, role) values ($1, $2, $3)', [
      tenantB,
      'discord:1',
      'owner',
    ]),
  );
  await expect(attempt).rejects.toThrow(/row-level security/);
  const members = await api.acrossTenants((transaction) => transaction.query('select 1 from tenant_member'));
  expect(members.rowCount).toBe(0);
});

test('gives a service no table that is not its own', async () => {
  await expect(visible(identity, 'all')).rejects.toThrow(/permission denied/);
});

test('lets the edge read the settings of a tenant, and change none', async () => {
  await using edge = openDatabase({ url: server.urlOf('edge'), maxConnections: 1 });
  await using audio = openDatabase({ url: server.urlOf('audio'), maxConnections: 1 });
  for (const tenant of [tenantA, tenantB])
    await audio.inTenant(tenant, (transaction) =>
      transaction.query("insert into guild_settings values ($1, '7', 1, '{}')", [tenant]),
    );
  const read = await edge.inTenant(tenantA, (transaction) => transaction.query('select tenant_id from guild_settings'));
  expect(read.rows).toEqual([{ tenant_id: tenantA }]);
  for (const change of ["update guild_settings set document = '{}'", 'delete from feature_choice'])
    await expect(edge.inTenant(tenantA, (transaction) => transaction.query(change))).rejects.toThrow(
      /permission denied/,
    );
});
