import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { followChanges } from './policy-changes.ts';

let server: TestDatabase;
let database: Database;
const clients: pg.Client[] = [];
const first = newTenantId();
const second = newTenantId();

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: server.adminUrl });
  clients.push(client);
  await client.connect();
  return client;
}

beforeEach(async () => {
  server = await testDatabase('proxy');
  database = openDatabase({ url: server.url, maxConnections: 2 });
  const admin = await connect();
  for (const id of [first, second]) {
    await admin.query("insert into tenant (id, name, status) values ($1, 'T', 'active')", [id]);
    await admin.query('insert into policy_version (tenant_id) values ($1)', [id]);
  }
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
  for (const client of clients.splice(0)) await client.end();
  await server[Symbol.asyncDispose]();
});

const grow = 'update policy_version set version = version + 1 where tenant_id = $1';

test('names the tenants that have changed, each once', async () => {
  const admin = await connect();
  const changes = await followChanges(database);
  expect(await changes.next()).toEqual([]);
  await admin.query(grow, [first]);
  await admin.query("update tenant set status = 'suspended' where id = $1", [first]);
  expect(await changes.next()).toEqual([first]);
  expect(await changes.next()).toEqual([]);
  await admin.query("update tenant set status = 'active' where id = $1", [second]);
  expect(await changes.next()).toEqual([second]);
});

test('misses none of a transaction that ends after a younger one, and repeats nothing meanwhile', async () => {
  const [slow, quick] = [await connect(), await connect()];
  const changes = await followChanges(database);
  await slow.query('begin');
  await slow.query(grow, [first]);
  await quick.query(grow, [second]);
  expect(await changes.next()).toEqual([second]);
  expect(await changes.next()).toEqual([]);
  await slow.query('commit');
  expect(await changes.next()).toEqual([first]);
  expect(await changes.next()).toEqual([]);
});

test('says that any tenant may have changed when too many have', async () => {
  const admin = await connect();
  const changes = await followChanges(database);
  await admin.query(
    "insert into tenant (id, name, status) select 'ten_' || n, 'T', 'active' from generate_series(1, 1001) as n",
  );
  expect(await changes.next()).toEqual([undefined]);
  expect(await changes.next()).toEqual([]);
});
