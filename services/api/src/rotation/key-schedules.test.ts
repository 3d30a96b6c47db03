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
import { rotateWhatIsDue, startScheduledRotations, type ScheduledRotationsPorts } from './scheduled-rotations.ts';

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
      failedAt: null,
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

describe('all keys requested by an operator', () => {
  const nothing = { requestedAt: null, tenants: 0, rotated: 0, failing: 0 };

  test('are due at once and once, whatever the schedule and earlier failures, but not of a tenant that is being deleted', async () => {
    expect(await schedules.progressOfAll()).toEqual(nothing);
    const [fresh, failing] = [await created(1), await created(95)];
    await created(1, 'deleting');
    await schedules.rotated(fresh);
    expect(await schedules.takeDue(10)).toEqual([failing]);
    await schedules.failed(failing);
    clock.advance(1);
    const requestedAt = new Date(clock.now()).toISOString();
    await schedules.requestAll(change(fresh));
    expect((await admin.query('select 1 from audit_journal where tenant_id = $1', [fresh])).rowCount).toBe(1);
    expect(await schedules.progressOfAll()).toEqual({ requestedAt, tenants: 2, rotated: 0, failing: 0 });
    expect(await schedules.read(fresh)).toMatchObject({ dueAt: requestedAt, failedAt: null });
    expect(new Set(await schedules.takeDue(10))).toEqual(new Set([fresh, failing]));
    expect(await schedules.takeDue(10)).toEqual([]);
    await schedules.rotated(fresh);
    await schedules.failed(failing);
    expect(await schedules.progressOfAll()).toEqual({ requestedAt, tenants: 2, rotated: 1, failing: 1 });
    clock.advance(hourMs);
    expect(await schedules.takeDue(10)).toEqual([failing]);
    await schedules.rotated(failing);
    expect(await schedules.progressOfAll()).toEqual({ requestedAt, tenants: 2, rotated: 2, failing: 0 });
    // From here on their schedules apply again.
    clock.advance(89 * dayMs);
    expect(await schedules.takeDue(10)).toEqual([]);
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

  const portsWith = (
    outcomeOf: (tenant: string) => SagaOutcome = () => ({ status: 'done' }),
  ): ScheduledRotationsPorts => ({
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
        await delay(250);
        atOnce.now -= 1;
        const outcome = outcomeOf(id);
        if (outcome.status === 'done') await schedules.rotated(id as TenantId);
        return outcome;
      },
    },
    journal: { add: async (record) => void recorded.push(record) },
    clock,
    logger: silentLogger(),
  });
  const pass = (outcomeOf?: (tenant: string) => SagaOutcome) =>
    rotateWhatIsDue(portsWith(outcomeOf), new AbortController().signal);

  test('begins all that is due, the oldest first, four at once, and each once', async () => {
    const tenants: TenantId[] = [];
    for (let age = 110; age > 99; age -= 1) tenants.push(await created(age));
    await pass();
    expect(new Set(begun)).toEqual(new Set(tenants));
    // Four at once: in which order they reach this is not said.
    expect(new Set(begun.slice(0, 4))).toEqual(new Set(tenants.slice(0, 4)));
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

  test('does not wait for the slowest before it goes on', async () => {
    for (let age = 100; age > 92; age -= 1) await created(age);
    const { promise: slow, resolve: end } = Promise.withResolvers<SagaOutcome>();
    const ports = portsWith();
    const [first] = await schedules.takeDue(1);
    clock.advance(hourMs);
    const passing = rotateWhatIsDue(
      {
        ...ports,
        sagas: { ...ports.sagas, outcome: (id, withinMs) => (id === first ? slow : ports.sagas.outcome(id, withinMs)) },
      },
      new AbortController().signal,
    );
    await expect.poll(() => begun).toHaveLength(8);
    end({ status: 'done' });
    expect(await passing).toBe(true);
  });

  test('comes within five minutes of the start, about every hour, and at once when it is woken', async () => {
    const first = await created(90);
    await using running = startScheduledRotations(portsWith());
    // The clock has to find the loop waiting.
    await delay(20);
    clock.advance(5 * 60_000);
    await expect.poll(() => begun).toEqual([first]);
    const second = await created(90);
    await delay(100);
    clock.advance(0.74 * hourMs);
    await delay(100);
    expect(begun).toEqual([first]);
    clock.advance(0.52 * hourMs);
    await expect.poll(() => begun).toEqual([first, second]);
    const third = await created(90);
    running.wake();
    await expect.poll(() => begun).toEqual([first, second, third]);
  });

  test('is tried a minute later if another process is in one', async () => {
    const tenant = await created(90);
    const other = await tryToLead(server.url, 'scheduled key rotations');
    await using running = startScheduledRotations(portsWith());
    running.wake();
    await delay(300);
    expect(begun).toEqual([]);
    await other?.[Symbol.asyncDispose]();
    clock.advance(60_000);
    await expect.poll(() => begun).toEqual([tenant]);
  });

  test('records a failure for the tenant, goes on with the others, and leaves it for the next attempt', async () => {
    const [failing, other] = [await created(100), await created(90)];
    await pass((tenant) =>
      tenant === failing ? { status: 'failed', error: new Error('password=hunter2') } : { status: 'done' },
    );
    expect(begun).toEqual([failing, other]);
    expect(recorded).toMatchObject([{ tenant: failing, action: 'key.rotate', outcome: 'failed', target: 'keys' }]);
    expect(JSON.stringify(recorded)).not.toContain('hunter2');
    expect(await schedules.read(failing)).toMatchObject({ failedAt: new Date(clock.now()).toISOString() });
    expect(await schedules.read(other)).toMatchObject({ failedAt: null });
    await pass();
    expect(begun).toHaveLength(2);
    clock.advance(hourMs);
    await pass();
    expect(begun).toEqual([failing, other, failing]);
  });
});
