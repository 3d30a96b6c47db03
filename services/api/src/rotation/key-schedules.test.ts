import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { tryToLead } from '#infra/database/leadership.ts';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import type { SagaOutcome } from '#infra/sagas/engine.ts';
import { auditRecord, type AuditRecord } from '#security/audit/record.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { createKeySchedules, type KeySchedules } from './key-schedules.ts';
import { rotateWhatIsDue } from './scheduled-rotations.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
let server: TestDatabase;
let database: Database;
let admin: pg.Client;
let clock: FakeClock;
let schedules: KeySchedules;

beforeAll(async () => {
  server = await testDatabase('api');
  database = openDatabase({ url: server.url, maxConnections: 4 });
  admin = new pg.Client({ connectionString: server.adminUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await database[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await admin.query('delete from tenant');
  clock = new FakeClock();
  schedules = createKeySchedules(database, clock);
});

/** A tenant that was created so many days ago. */
async function created(daysAgo: number, status = 'active'): Promise<TenantId> {
  const id = newTenantId();
  const at = new Date(clock.now() - daysAgo * dayMs);
  await admin.query('insert into tenant (id, name, status, created_at) values ($1, $1, $2, $3)', [id, status, at]);
  return id;
}

const change = (tenant: TenantId): AuditRecord =>
  auditRecord(
    { tenant, kind: 'change', action: 'key.rotate', outcome: 'succeeded', actor: { type: 'platform', id: 'test' } },
    clock.now(),
  );

describe('keys are due', () => {
  test('90 days after the creation of a tenant that has chosen nothing, and not before', async () => {
    const tenant = await created(90);
    await created(89);
    expect(await schedules.read(tenant)).toEqual({
      days: 90,
      rotatedAt: null,
      dueAt: new Date(clock.now()).toISOString(),
    });
    expect(await schedules.takeDue(10)).toEqual([tenant]);
  });

  test('the chosen number of days after the last rotation, which is recorded when it is chosen', async () => {
    const tenant = await created(5);
    expect(await schedules.set(tenant, 3, change(tenant))).toMatchObject({ days: 3 });
    expect((await admin.query('select 1 from audit_journal where tenant_id = $1', [tenant])).rowCount).toBe(1);
    expect(await schedules.takeDue(10)).toEqual([tenant]);
    await schedules.rotated(tenant);
    clock.advance(3 * dayMs - 1);
    expect(await schedules.takeDue(10)).toEqual([]);
    clock.advance(1);
    expect(await schedules.takeDue(10)).toEqual([tenant]);
  });

  test('for the longest overdue first, at most as many as asked for, and never for one that is being deleted', async () => {
    const [late, latest] = [await created(100), await created(200)];
    await created(300, 'deleting');
    const suspended = await created(95, 'suspended');
    expect(await schedules.takeDue(1)).toEqual([latest]);
    expect(await schedules.takeDue(10)).toEqual([late, suspended]);
  });

  test('again after 1, 2, 4, 8, 16 and then every 24 hours, as long as nothing succeeds', async () => {
    const tenant = await created(90);
    const waits: number[] = [];
    expect(await schedules.takeDue(1)).toEqual([tenant]);
    while (waits.length < 7) {
      let hours = 0;
      do {
        clock.advance(hourMs);
        hours += 1;
      } while ((await schedules.takeDue(1)).length === 0);
      waits.push(hours);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 24, 24]);
    await schedules.rotated(tenant);
    clock.advance(90 * dayMs);
    expect(await schedules.takeDue(1)).toEqual([tenant]);
    clock.advance(hourMs);
    expect(await schedules.takeDue(1)).toEqual([tenant]);
  });
});

test('a tenant that is gone has no schedule, and notes none', async () => {
  const gone = newTenantId();
  await schedules.rotated(gone);
  await expect(schedules.read(gone)).rejects.toMatchObject({ code: 'tenant.unknown', status: 404 });
  await expect(schedules.set(gone, 3, change(gone))).rejects.toMatchObject({ code: 'tenant.unknown' });
  expect((await admin.query('select 1 from audit_journal where tenant_id = $1', [gone])).rowCount).toBe(0);
});

describe('a pass', () => {
  let begun: TenantId[];
  let recorded: AuditRecord[];
  let atOnce: { now: number; most: number };
  beforeEach(() => {
    begun = [];
    recorded = [];
    atOnce = { now: 0, most: 0 };
  });

  const pass = (outcomeOf: (tenant: string) => SagaOutcome = () => ({ status: 'done' })) =>
    rotateWhatIsDue(
      {
        url: server.url,
        schedules,
        tenantKeys: {
          begin: async (tenant) => {
            begun.push(tenant);
            return tenant;
          },
        },
        sagas: {
          launched: Promise.resolve(),
          outcome: async (id) => {
            atOnce.now += 1;
            atOnce.most = Math.max(atOnce.most, atOnce.now);
            await delay(10);
            atOnce.now -= 1;
            const outcome = outcomeOf(id);
            if (outcome.status === 'done') await schedules.rotated(id as TenantId);
            return outcome;
          },
        },
        journal: { add: async (record) => void recorded.push(record) },
        clock,
        logger: silentLogger(),
      },
      new AbortController().signal,
    );

  test('begins all that is due, the oldest first, four at once, and each once', async () => {
    const tenants: TenantId[] = [];
    for (let age = 110; age > 99; age -= 1) tenants.push(await created(age));
    await pass();
    expect(new Set(begun)).toEqual(new Set(tenants));
    expect(begun.slice(0, 4)).toEqual(tenants.slice(0, 4));
    expect(begun).toHaveLength(tenants.length);
    expect(atOnce.most).toBe(4);
    await pass();
    expect(begun).toHaveLength(tenants.length);
  });

  test('does nothing while another process is in one', async () => {
    const tenant = await created(90);
    const other = await tryToLead(server.url, 'scheduled key rotations');
    await pass();
    expect(begun).toEqual([]);
    await other?.[Symbol.asyncDispose]();
    await pass();
    expect(begun).toEqual([tenant]);
  });

  test('records a failure for the tenant, goes on with the others, and leaves it for the next attempt', async () => {
    const [failing, other] = [await created(100), await created(90)];
    await pass((tenant) =>
      tenant === failing ? { status: 'failed', error: new Error('password=hunter2') } : { status: 'done' },
    );
    expect(begun).toEqual([failing, other]);
    expect(recorded).toMatchObject([{ tenant: failing, action: 'key.rotate', outcome: 'failed', target: 'keys' }]);
    expect(JSON.stringify(recorded)).not.toContain('hunter2');
    await pass();
    expect(begun).toHaveLength(2);
    clock.advance(hourMs);
    await pass();
    expect(begun).toEqual([failing, other, failing]);
  });
});
