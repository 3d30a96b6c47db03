import { hash } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openDatabase, type Database, type Transaction } from '#infra/database/pool.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { append, type RecordedEvent } from './event-store.ts';
import { EventCodec, type EventTypes } from './event-types.ts';
import { subscribe, type Subscription, type SubscriptionOptions } from './subscription.ts';

const types = {
  Counted: { schema: z.object({ count: z.number() }), personal: [] },
  Ignored: { schema: z.object({}), personal: [] },
} satisfies EventTypes;
const never = () => Promise.reject(new Error('nothing here is sealed'));
const codec = new EventCodec(types, { keeper: 'audio', envelope: { seal: never, open: never } });

let server: TestDatabase;
let writer: Database;
let reader: Database;
let admin: pg.Pool;
let opened: AsyncDisposableStack;
let name = 0;

beforeAll(async () => {
  server = await testDatabase('audio');
  writer = openDatabase({ url: server.url, maxConnections: 8 });
  reader = openDatabase({ url: server.urlOf('worker'), maxConnections: 6 });
  admin = new pg.Pool({ connectionString: server.adminUrl, max: 2 });
  await admin.query(
    'create table effect (count int not null, tenant_id text not null, consumer text not null, seen serial)',
  );
  await admin.query(
    'grant all on effect to bailiwick_worker; grant all on sequence effect_seen_seq to bailiwick_worker',
  );
});
afterAll(async () => {
  await admin?.end();
  await writer?.[Symbol.asyncDispose]();
  await reader?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  opened = new AsyncDisposableStack();
  name += 1;
  await admin.query('delete from event_subscription; delete from event; delete from event_stream; delete from effect');
});
afterEach(() => opened.disposeAsync());

const add = (tenant: TenantId, ...counts: number[]) =>
  writer.inTenant(tenant, (transaction) => appendIn(transaction, tenant, ...counts));
const appendIn = (transaction: Transaction, tenant: TenantId, ...counts: number[]) =>
  append(
    transaction,
    codec,
    { tenant, stream: 'box/1' },
    {
      events: counts.map((count) => ({ type: 'Counted' as const, data: { count } })),
      expected: 'any',
      atMs: Date.now(),
    },
  );

/** Stores each event that it is given, in the transaction of the checkpoint. */
const noting =
  (consumer = 'one') =>
  async (transaction: Transaction, events: readonly RecordedEvent[]) => {
    for (const { facts, tenant } of events)
      await transaction.query('insert into effect (count, tenant_id, consumer) values ($1, $2, $3)', [
        facts['count'],
        tenant,
        consumer,
      ]);
  };
const follow = async (more: Partial<SubscriptionOptions> = {}): Promise<Subscription> =>
  opened.use(
    await subscribe({
      name: `subscription ${name}`,
      database: reader,
      handle: noting(),
      from: 'beginning',
      everyMs: 50,
      clock: systemClock,
      logger: silentLogger(),
      ...more,
    }),
  );
const effects = async () =>
  (await admin.query<{ count: number; tenant_id: TenantId; consumer: string }>('select * from effect order by seen'))
    .rows;
const counts = async () => (await effects()).map(({ count }) => count);
const settled = (expected: readonly number[]) => expect.poll(counts, { interval: 10 }).toEqual(expected);

test('gives every event in order, from the beginning or from now on', async () => {
  const tenant = newTenantId();
  await add(tenant, 1, 2);
  await follow();
  await settled([1, 2]);
  await follow({ name: 'late', from: 'now', handle: noting('late') });
  await add(tenant, 3);
  await expect.poll(async () => (await counts()).toSorted()).toEqual([1, 2, 3, 3]);
});

test('looks ever more rarely while nothing happens, and at once when something does', async () => {
  let looks = 0;
  const acrossTenants: typeof reader.acrossTenants = (work) => {
    looks += 1;
    return reader.acrossTenants(work);
  };
  await follow({ database: { acrossTenants, listen: (...on) => reader.listen(...on) } });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  // Each 50 ms it would be thirty times.
  expect(looks).toBeLessThan(15);
  await add(newTenantId(), 1);
  await settled([1]);
});

test('misses nothing that is committed late, although it got its position early', async () => {
  const [slow, quick] = [newTenantId(), newTenantId()];
  await follow({ batch: 1 });
  const [begun, finish] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const late = writer.inTenant(slow, async (transaction) => {
    await appendIn(transaction, slow, 1);
    begun.resolve();
    await finish.promise;
  });
  await begun.promise;
  await add(quick, 2);
  await add(quick, 3);
  // Long enough for several rounds: had it passed over the place of the first, it would never come.
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(await counts()).toEqual([]);
  finish.resolve();
  await late;
  await settled([1, 2, 3]);
});

test('misses nothing of a transaction that began first and appended last', async () => {
  const [slow, quick] = [newTenantId(), newTenantId()];
  await follow({ batch: 1 });
  const [begun, finish] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const late = writer.inTenant(slow, async (transaction) => {
    await transaction.query('select pg_current_xact_id()');
    begun.resolve();
    await finish.promise;
    await appendIn(transaction, slow, 3);
  });
  await begun.promise;
  await add(quick, 1);
  await add(quick, 2);
  await new Promise((resolve) => setTimeout(resolve, 200));
  finish.resolve();
  await late;
  // By transaction, so the one that began first comes first.
  await settled([3, 1, 2]);
});

test('two consumers share the work: each event is handled once, and those of a tenant in their order', async () => {
  const tenants = Array.from({ length: 6 }, newTenantId);
  await follow({ lanes: 4, batch: 3, handle: noting('one') });
  await follow({ lanes: 4, batch: 3, handle: noting('two') });
  const each = Array.from({ length: 20 }, (_, index) => index);
  await Promise.all(
    tenants.map(async (tenant) => {
      for (const count of each) await add(tenant, count);
    }),
  );
  await expect.poll(async () => (await counts()).length).toBe(tenants.length * each.length);
  const seen = Map.groupBy(await effects(), (effect) => effect.tenant_id);
  for (const tenant of tenants) expect(seen.get(tenant)?.map(({ count }) => count)).toEqual(each);
  expect(new Set((await effects()).map(({ consumer }) => consumer))).toEqual(new Set(['one', 'two']));
});

test('what a consumer was doing when its connection was killed is done again, and only once', async () => {
  const tenant = newTenantId();
  let killed = false;
  await follow({
    async handle(transaction, events) {
      await noting()(transaction, events);
      if (killed) return;
      killed = true;
      const { rows } = await transaction.query<{ pid: number }>('select pg_backend_pid() as pid');
      await admin.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    },
  });
  await add(tenant, 1, 2);
  await settled([1, 2]);
  expect(killed).toBe(true);
});

test('another consumer takes over where one has ended in the middle', async () => {
  const tenant = newTenantId();
  const stuck = Promise.withResolvers<void>();
  const dead = openDatabase({ url: server.urlOf('worker'), maxConnections: 2 });
  const first = await follow({
    database: dead,
    async handle(transaction, events) {
      await noting('first')(transaction, events);
      const { rows } = await transaction.query<{ pid: number }>('select pg_backend_pid() as pid');
      stuck.resolve();
      await expect
        .poll(async () => (await admin.query('select from pg_stat_activity where pid = $1', [rows[0]?.pid])).rowCount)
        .toBe(0);
    },
  });
  await add(tenant, 1, 2);
  await stuck.promise;
  await follow({ handle: noting('second') });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await counts()).toEqual([]);
  await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'bailiwick_worker' and state like 'idle in%' and datname = current_database()",
  );
  await settled([1, 2]);
  expect((await effects()).map(({ consumer }) => consumer)).toEqual(['second', 'second']);
  await first[Symbol.asyncDispose]();
  await dead[Symbol.asyncDispose]();
});

test('a handler that fails holds up its lane only, says so, and gets the same events again', async () => {
  const [bad, good] = tenantsInTwoLanes();
  let broken = true;
  const subscription = await follow({
    lanes: 2,
    async handle(transaction, events) {
      await noting()(transaction, events);
      if (broken && events.some(({ tenant }) => tenant === bad)) throw new Error('not yet');
    },
  });
  await add(bad, 1, 2);
  await add(good, 3);
  await settled([3]);
  await expect.poll(() => subscription.health()).toMatchObject({ status: 'degraded' });
  broken = false;
  await settled([3, 1, 2]);
  await expect.poll(() => subscription.health()).toMatchObject({ status: 'healthy' });
});

test('gives only the types that were asked for, and does not look at the others again', async () => {
  const tenant = newTenantId();
  await follow({ types: ['Counted'] });
  await writer.inTenant(tenant, async (transaction) => {
    const ignored = { type: 'Ignored', data: {} } as const;
    await append(
      transaction,
      codec,
      { tenant, stream: 'box/1' },
      {
        events: [ignored, ignored],
        expected: 'any',
        atMs: Date.now(),
      },
    );
    await appendIn(transaction, tenant, 1);
  });
  await settled([1]);
});

test('goes on where it was, also when it is the last that happened', async () => {
  const tenant = newTenantId();
  const first = await follow();
  await add(tenant, 1);
  await settled([1]);
  await first[Symbol.asyncDispose]();
  await add(tenant, 2, 3);
  await follow({ batch: 1 });
  await settled([1, 2, 3]);
});

describe('in a database that was restored, whose transactions count anew,', () => {
  test('old events keep their order, new ones come after them, and none is missed', async () => {
    const [one, two] = [newTenantId(), newTenantId()];
    const first = await follow({ batch: 1 });
    await add(one, 1);
    await settled([1]);
    await first[Symbol.asyncDispose]();
    await add(two, 2);
    await add(one, 3);
    await admin.query('update event set transaction = transaction + 1000000000');
    await admin.query('update event_subscription set transaction = transaction + 1000000000');
    const renumbered = async () =>
      (await admin.query<{ done: boolean }>('select renumber_events() as done')).rows[0]?.done;
    expect(await renumbered()).toBe(true);
    expect(await renumbered()).toBe(false);
    await add(two, 4);
    await follow();
    await settled([1, 2, 3, 4]);
  });
});

/** Two tenants of which each is in another of two lanes. */
function tenantsInTwoLanes(): [TenantId, TenantId] {
  const laneOf = (tenant: TenantId) => hash('sha256', tenant, 'buffer').readUInt8(0) % 2;
  const first = newTenantId();
  for (;;) {
    const second = newTenantId();
    if (laneOf(second) !== laneOf(first)) return [first, second];
  }
}

test('reads the next events by the index of their order, and not all that are still to come', async () => {
  const tenant = newTenantId();
  await writer.inTenant(tenant, async (transaction) => {
    for (let round = 0; round < 20; round += 1)
      await appendIn(transaction, tenant, ...Array.from({ length: 500 }, (_, count) => count));
  });
  await admin.query('analyze event');
  const plans: string[] = [];
  const explaining = (transaction: Transaction): Transaction => ({
    query: ((statement: pg.QueryConfig, values?: unknown[]) => {
      if (statement.name === 'next-events')
        void transaction
          .query<{ 'QUERY PLAN': string }>(`explain ${statement.text}`, statement.values)
          .then(({ rows }) => plans.push(rows.map((row) => row['QUERY PLAN']).join('\n')));
      return transaction.query(statement, values);
    }) as unknown as Transaction['query'],
  });
  let handled = 0;
  opened.use(
    await subscribe({
      database: {
        listen: (...given) => reader.listen(...given),
        acrossTenants: (work) => reader.acrossTenants((transaction) => work(explaining(transaction))),
      },
      name: `plans ${name}`,
      from: 'beginning',
      types: ['Counted'],
      handle: async (_transaction, events) => void (handled += events.length),
      clock: systemClock,
      logger: silentLogger(),
    }),
  );
  await expect.poll(() => handled).toBe(10_000);
  expect(plans.length).toBeGreaterThanOrEqual(100);
  for (const plan of plans) {
    expect(plan).toContain('Merge Append');
    expect(plan).not.toMatch(/Bitmap|Seq Scan/);
  }
});
