import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase, type Database, type Statement } from '#infra/database/pool.ts';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { createBatchJournal, journal, type BatchJournalOptions } from './journal.ts';
import { auditRecord, encodeRecord, type AuditRecord } from './record.ts';

let server: TestDatabase;
let proxy: Database;
let api: Database;
let worker: Database;
const tenantA = newTenantId();
const tenantB = newTenantId();

beforeAll(async () => {
  server = await testDatabase('proxy');
  proxy = openDatabase({ url: server.url, maxConnections: 4 });
  api = openDatabase({ url: server.urlOf('api'), maxConnections: 2 });
  worker = openDatabase({ url: server.urlOf('worker'), maxConnections: 2 });
});
afterAll(async () => {
  for (const each of [proxy, api, worker, server]) await each[Symbol.asyncDispose]();
});
beforeEach(() => worker.acrossTenants((transaction) => transaction.query('delete from audit_journal')));

const record = (tenant: TenantId = tenantA, action = 'player.skip'): AuditRecord =>
  auditRecord({ tenant, kind: 'decision', action, outcome: 'allowed', actor: { type: 'bot', id: 'bot' } }, Date.now());
const stored = () =>
  worker.acrossTenants(async (transaction) => {
    const { rows } = await transaction.query<{ record: string }>('select record from audit_journal order by id');
    return rows.flatMap((row) => row.record.split('\n'));
  });

describe('in the transaction of a change', () => {
  test('keeps the records in their order when the change is kept', async () => {
    const records = Array.from({ length: 700 }, () => record());
    await api.inTenant(tenantA, (transaction) => journal(transaction, records));
    expect(await stored()).toEqual(records.map(encodeRecord));
  });

  test('keeps none when the change fails', async () => {
    const attempt = api.inTenant(tenantA, async (transaction) => {
      await journal(transaction, [record()]);
      throw new Error('the change failed');
    });
    await expect(attempt).rejects.toThrow('the change failed');
    expect(await stored()).toEqual([]);
  });

  test('refuses a record of another tenant, and the change with it', async () => {
    const attempt = api.inTenant(tenantA, (transaction) => journal(transaction, [record(tenantA), record(tenantB)]));
    await expect(attempt).rejects.toThrow(/row-level security/);
    expect(await stored()).toEqual([]);
  });

  test('refuses an invalid record before it reaches the database', async () => {
    const invalid = { ...record(), outcome: 'maybe' } as unknown as AuditRecord;
    const attempt = api.inTenant(tenantA, (transaction) => journal(transaction, [record(), invalid]));
    await expect(attempt).rejects.toMatchObject({ code: 'audit.invalid-record' });
    expect(await stored()).toEqual([]);
  });

  test('lets no service but the worker read or change what is journalled', async () => {
    await expect(
      proxy.acrossTenants((transaction) => transaction.query('select 1 from audit_journal')),
    ).rejects.toThrow(/permission denied/);
    await expect(proxy.acrossTenants((transaction) => transaction.query('delete from audit_journal'))).rejects.toThrow(
      /permission denied/,
    );
    await expect(
      worker.acrossTenants((transaction) => transaction.query("update audit_journal set record = ''")),
    ).rejects.toThrow(/permission denied/);
  });
});

/** The real database behind a switch: works, fails, or accepts statements and never answers. */
function switchable(database: Database) {
  const state = { mode: 'pass' as 'pass' | 'fail' | 'silent', transactions: 0 };
  const gate = {
    queryAcrossTenants<Row extends pg.QueryResultRow>(statement: Statement): Promise<Row[]> {
      state.transactions += 1;
      if (state.mode === 'fail')
        return Promise.reject(Object.assign(new Error('gone'), { code: 'database.unavailable' }));
      if (state.mode === 'silent') return new Promise(() => undefined);
      return database.queryAcrossTenants(statement);
    },
  };
  return { state, gate };
}

describe('in batches', () => {
  const open = (more: Partial<BatchJournalOptions> = {}) => {
    const { state, gate } = switchable(proxy);
    return { state, batches: createBatchJournal({ database: gate, logger: silentLogger(), ...more }) };
  };

  test('resolves when the record is durable, and writes many at once in few transactions', async () => {
    const { state, batches } = open();
    const records = Array.from({ length: 1_000 }, (_, index) => record(index % 2 ? tenantA : tenantB));
    await Promise.all(records.map((each) => batches.add(each)));
    expect((await stored()).sort()).toEqual(records.map(encodeRecord).sort());
    expect(state.transactions).toBeLessThanOrEqual(5);
    await batches[Symbol.asyncDispose]();
  });

  test('waits for company no longer than its delay', async () => {
    const clock = new FakeClock();
    const { state, batches } = open({ clock });
    const added = batches.add(record());
    expect(state.transactions).toBe(0);
    clock.advance(5);
    await added;
    expect(await stored()).toHaveLength(1);
    await batches[Symbol.asyncDispose]();
  });

  test('rejects when the database is gone, so that the caller does nothing', async () => {
    const { state, batches } = open();
    state.mode = 'fail';
    await expect(batches.add(record())).rejects.toMatchObject({ code: 'audit.not-durable', owner: 'platform' });
    expect(batches.health().status).toBe('degraded');
    state.mode = 'pass';
    await batches.add(record());
    expect(batches.health().status).toBe('healthy');
    expect(await stored()).toHaveLength(1);
    await batches[Symbol.asyncDispose]();
  });

  test('rejects in time when the database takes records and never answers, and refuses more than it may hold', async () => {
    const clock = new FakeClock();
    const { state, batches } = open({ clock, batchRecords: 2, maxWaiting: 6, timeoutMs: 1_000 });
    state.mode = 'silent';
    const added = Promise.allSettled(Array.from({ length: 6 }, () => batches.add(record())));
    await expect(batches.add(record())).rejects.toMatchObject({ code: 'audit.journal-full' });
    clock.advance(1_000);
    for (const each of await added)
      expect(each).toMatchObject({ status: 'rejected', reason: { code: 'audit.not-durable' } });
    expect(batches.health().status).toBe('degraded');
    await batches[Symbol.asyncDispose]();
  });

  test('writes records of reads when the database is back, and says what it lost when it could not hold them', async () => {
    const clock = new FakeClock();
    const { state, batches } = open({ clock, maxWaiting: 3 });
    state.mode = 'fail';
    const records = Array.from({ length: 5 }, () => record());
    for (const each of records) batches.addLater(each);
    expect(batches.lost).toBe(2);
    clock.advance(5);
    await expect.poll(() => state.transactions).toBe(1);
    state.mode = 'pass';
    await expect.poll(() => (clock.advance(250), stored())).toEqual(records.slice(0, 3).map(encodeRecord));
    expect(batches.health()).toMatchObject({ status: 'degraded', detail: expect.stringContaining('2 audit records') });
    clock.advance(10 * 60_000);
    expect(batches.health().status).toBe('healthy');
    await batches[Symbol.asyncDispose]();
  });

  test('writes what waits when it closes, and takes nothing afterwards', async () => {
    const { batches } = open({ clock: new FakeClock() });
    batches.addLater(record());
    const added = batches.add(record());
    await batches[Symbol.asyncDispose]();
    await added;
    expect(await stored()).toHaveLength(2);
    await expect(batches.add(record())).rejects.toMatchObject({ code: 'audit.closed' });
  });

  test('an invalid record harms no other in its batch', async () => {
    const { batches } = open();
    const invalid = { ...record(), outcome: 'maybe' } as unknown as AuditRecord;
    const [good, bad] = await Promise.allSettled([batches.add(record()), batches.add(invalid)]);
    expect(good.status).toBe('fulfilled');
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'audit.invalid-record' } });
    expect(await stored()).toHaveLength(1);
    await batches[Symbol.asyncDispose]();
  });
});
