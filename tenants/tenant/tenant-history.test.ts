import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { openRecords, type Records } from '#infra/database/prisma.ts';
import { eventsKeptDays } from '#infra/event-store/partitions.ts';
import { snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { auditRecord } from '#security/audit/record.ts';
import { credentialAggregate } from '../credential/credential-aggregate.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { tenantAggregate } from './tenant-aggregate.ts';
import type { TenantState } from './tenant-events.ts';
import { evolve } from './tenant-life.ts';
import { createTenantStore, type TenantStore } from './tenant-store.ts';

/* The row of a tenant and the events of its life, in a real PostgreSQL. */
let server: TestDatabase;
let admin: pg.Client;
let records: Records;
let database: Database;
let tenants: TenantStore;

beforeAll(async () => {
  server = await testDatabase('api');
  admin = new pg.Client({ connectionString: server.adminUrl });
  await admin.connect();
  records = openRecords({ url: server.url, maxConnections: 4 });
  database = openDatabase({ url: server.url, maxConnections: 2 });
  tenants = createTenantStore(records);
});
afterAll(async () => {
  await records[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await admin.end();
  await server[Symbol.asyncDispose]();
});

const dayMs = 24 * 60 * 60_000;
let nowMs = Date.parse('2026-11-30T21:00:00Z');
const did =
  (action: string, id = 'operator:o') =>
  (tenant: TenantId) =>
    auditRecord(
      { tenant, kind: 'lifecycle', action, outcome: 'succeeded', actor: { type: 'operator', id } },
      (nowMs += 60_000),
    );
const application = { applicationId: snowflake('7'), botUserId: snowflake('8'), botUsername: 'Melody' };
/** Another application each time: no two tenants have the same. */
let brought = 100;
const created = async () => {
  const { id } = await tenants.create({ name: 'Acme', owner: 'operator:o' }, did('tenant.create'));
  return id;
};
const active = async () => {
  const id = await created();
  await tenants.activate(
    id,
    { ...application, applicationId: snowflake(String((brought += 1))) },
    did('tenant.update'),
  );
  return id;
};
async function rowOf(id: TenantId): Promise<TenantState | null> {
  const tenant = await tenants.find(id);
  if (!tenant) return null;
  const { id: _id, createdAt: _createdAt, ...state } = tenant;
  return state;
}
const eventsOf = (id: TenantId) =>
  database.inTenant(id, (transaction) => tenantAggregate.events(transaction, id, { limit: 100 }));
const foldOf = async (id: TenantId) =>
  (await eventsOf(id)).reduce<TenantState | null>((state, { event }) => evolve(state, event), null);
const asOf = (id: TenantId, atMs: number, at = nowMs) =>
  database.inTenant(id, async (transaction) =>
    tenantAggregate.asOf(transaction, id, { atMs, nowMs: at, row: await rowOf(id) }),
  );

test('after each change the row is the fold of the events, and each event has the state before it', async () => {
  const id = await created();
  const steps = [
    () => tenants.activate(id, application, did('tenant.update')),
    () => tenants.rename(id, { name: 'Acme Inc', expected: 2 }, () => did('tenant.update')(id)),
    () => tenants.suspend(id, { by: 'discord:1', reason: 'a pause' }, did('tenant.suspend', 'discord:1')),
    () => tenants.resume(id, did('tenant.resume')),
    () => tenants.withdraw(id, did('tenant.update')),
    () => tenants.startDeletion(id, 'operator:o', did('tenant.delete')),
  ];
  let before = await rowOf(id);
  expect(await foldOf(id)).toEqual(before);
  for (const step of steps) {
    await step();
    expect((await eventsOf(id)).at(-1)?.before).toEqual(before);
    before = await rowOf(id);
    expect(await foldOf(id)).toEqual(before);
  }
  expect((await eventsOf(id)).map(({ event, by, version }) => [version, event.type, by])).toEqual([
    [1, 'TenantCreated', 'operator:o'],
    [2, 'TenantActivated', 'operator:o'],
    [3, 'TenantRenamed', 'operator:o'],
    [4, 'TenantSuspended', 'discord:1'],
    [5, 'TenantResumed', 'operator:o'],
    [6, 'TenantWithdrawn', 'operator:o'],
    [7, 'TenantDeletionBegun', 'operator:o'],
  ]);
});

test('says what the tenant was at any moment, who suspended it and why', async () => {
  const beforeAllMs = nowMs;
  const id = await active();
  const runningMs = nowMs;
  await tenants.suspend(id, { by: 'operator:o', reason: 'abuse' }, did('tenant.suspend'));
  const suspendedMs = nowMs;
  await tenants.resume(id, did('tenant.resume', 'operator:p'));
  expect(await asOf(id, beforeAllMs)).toEqual({ state: null, last: null });
  expect(await asOf(id, runningMs + 59_999)).toMatchObject({ state: { status: 'active', suspendedBy: null } });
  expect(await asOf(id, suspendedMs)).toMatchObject({
    state: { status: 'suspended', reason: 'abuse', suspendedBy: 'operator:o' },
    last: { type: 'TenantSuspended', by: 'operator:o', atMs: suspendedMs },
  });
  expect(await asOf(id, nowMs)).toMatchObject({
    state: { status: 'active', reason: null },
    last: { type: 'TenantResumed', by: 'operator:p' },
  });
});

test('is known for as long as events are kept, whatever of the earlier ones was dropped', async () => {
  const id = await active();
  await tenants.suspend(id, { by: 'operator:o', reason: 'abuse' }, did('tenant.suspend'));
  await tenants.resume(id, did('tenant.resume'));
  const resumedMs = nowMs;
  // The partition of the first three is dropped.
  await admin.query('delete from event where tenant_id = $1 and version <= 3', [id]);
  expect(await asOf(id, resumedMs - 1)).toMatchObject({ state: { status: 'suspended', reason: 'abuse' }, last: null });
  // Later, that of the last one, too; nothing has changed since.
  await admin.query('delete from event where tenant_id = $1', [id]);
  const laterMs = resumedMs + 200 * dayMs;
  expect(await asOf(id, laterMs - eventsKeptDays * dayMs, laterMs)).toMatchObject({ state: { status: 'active' } });
  expect(await asOf(id, laterMs - eventsKeptDays * dayMs - 1, laterMs)).toBeUndefined();
  // And its next event tells what it was until then.
  await tenants.rename(id, { name: 'New', expected: undefined }, () => did('tenant.update')(id));
  expect((await eventsOf(id)).map(({ version, before }) => [version, before?.name])).toEqual([[5, 'Acme']]);
});

test('a change that cannot be recorded leaves neither a row nor an event', async () => {
  const id = await active();
  const [row, events] = [await rowOf(id), await eventsOf(id)];
  const broken = () => ({ ...did('tenant.suspend')(id), action: '' });
  await expect(tenants.suspend(id, { by: 'operator:o', reason: 'x' }, broken)).rejects.toMatchObject({
    code: 'audit.invalid-record',
  });
  expect([await rowOf(id), await eventsOf(id)]).toEqual([row, events]);
});

test('of several who change it at once exactly one does, and the events say so', async () => {
  const id = await active();
  const suspend = (by: string) => tenants.suspend(id, { by, reason: by }, did('tenant.suspend', by));
  const outcomes = await Promise.allSettled([suspend('operator:a'), suspend('operator:b'), suspend('operator:c')]);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'tenant.status', status: 409 });
  const events = await eventsOf(id);
  expect(events.filter(({ event }) => event.type === 'TenantSuspended')).toHaveLength(1);
  expect(await foldOf(id)).toEqual(await rowOf(id));
  const { rows } = await admin.query(
    "select 1 from audit_journal where tenant_id = $1 and record like '%tenant.suspend%'",
    [id],
  );
  expect(rows).toHaveLength(1);
});

test('whoever appends without having locked the row is refused if it has changed', async () => {
  const id = await active();
  const rename = () => tenants.rename(id, { name: 'First', expected: undefined }, () => did('tenant.update')(id));
  const before = await rowOf(id);
  const beside = database.inTenant(id, (transaction) => {
    const query = async (...given: Parameters<typeof transaction.query>) => {
      // Between its look at the stream and its append.
      if (typeof given[0] !== 'string') await rename();
      return transaction.query(...given);
    };
    const event = { type: 'TenantRenamed', data: { name: 'Beside' } } as const;
    const slow = { query } as unknown as typeof transaction;
    return tenantAggregate.tell(slow, id, { event, before, by: 'nobody', atMs: nowMs });
  });
  await expect(beside).rejects.toMatchObject({ code: 'event.conflict', status: 409 });
  expect((await eventsOf(id)).map(({ event }) => event.type)).toEqual([
    'TenantCreated',
    'TenantActivated',
    'TenantRenamed',
  ]);
});

test('what was asked for again is recorded, and is no event', async () => {
  const id = await active();
  await tenants.startDeletion(id, 'operator:o', did('tenant.delete'));
  const events = await eventsOf(id);
  await tenants.startDeletion(id, 'operator:p', did('tenant.delete', 'operator:p'));
  expect(await eventsOf(id)).toEqual(events);
  const { rows } = await admin.query(
    "select 1 from audit_journal where tenant_id = $1 and record like '%tenant.delete%'",
    [id],
  );
  expect(rows).toHaveLength(2);
});

test('a deleted tenant leaves no event, and no stream', async () => {
  const id = await active();
  await tenants.startDeletion(id, 'operator:o', did('tenant.delete'));
  await tenants.remove(id, did('tenant.delete'));
  const left = await admin.query(
    'select 1 from event where tenant_id = $1 union all select 1 from event_stream where tenant_id = $1',
    [id],
  );
  expect(left.rowCount).toBe(0);
});

test("another tenant's life is not to be seen", async () => {
  const [mine, theirs] = [await active(), await active()];
  const found = await database.inTenant(mine, (transaction) =>
    tenantAggregate.events(transaction, theirs, { limit: 10 }),
  );
  expect(found).toEqual([]);
});

test('tenants and credentials of earlier releases are told from the migration on, as it found them', async () => {
  const id = await active();
  await admin.query('delete from event where tenant_id = $1', [id]);
  await admin.query('delete from event_stream where tenant_id = $1', [id]);
  const sealed = Buffer.from([1, 0, 0, 0, 5, 9]);
  await admin.query(
    'alter table application_credential drop column status, drop column refusal, drop column key_version',
  );
  await admin.query(
    "insert into application_credential (tenant_id, application_id, bot_user_id, sealed, checked_at) values ($1, '7', '8', $2, now())",
    [id, sealed],
  );
  await admin.query('truncate event, event_stream');
  const folder = path.join(import.meta.dirname, '../../infra/database/migrations');
  const migration = path.join(folder, '20261130230300_tenant_and_credential_events/migration.sql');
  await admin.query(await readFile(migration, 'utf8'));
  expect(await eventsOf(id)).toMatchObject([
    { version: 1, by: 'platform', before: null, event: { type: 'TenantFound' } },
  ]);
  expect(await foldOf(id)).toEqual(await rowOf(id));
  const row = { applicationId: '7', botUserId: '8', status: 'stored', refusal: null, keyVersion: 5 };
  const found = await database.inTenant(id, (transaction) =>
    credentialAggregate.events(transaction, id, { limit: 10 }),
  );
  expect(found).toMatchObject([{ event: { type: 'CredentialFound', data: { state: row } }, before: null }]);
  await tenants.suspend(id, { by: 'operator:o', reason: 'why' }, did('tenant.suspend'));
  expect(await foldOf(id)).toEqual(await rowOf(id));
});

test('the api reads what became of a credential, but neither the token nor may it change the row', async () => {
  const id = await active();
  const asked = (text: string) => database.inTenant(id, (transaction) => transaction.query(text));
  await asked('select application_id, bot_user_id, status, refusal, key_version from application_credential');
  for (const text of [
    'select sealed from application_credential',
    "update application_credential set status = 'accepted'",
    'delete from application_credential',
  ])
    await expect(asked(text)).rejects.toMatchObject({ code: '42501' });
});
