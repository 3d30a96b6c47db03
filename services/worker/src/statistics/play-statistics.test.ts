import { Registry } from 'prom-client';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startProjections, type Projections } from '#infra/cqrs/projections.ts';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { Health } from '#infra/observability/health.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { playStatistics } from './play-statistics.ts';
import { minute, play, tellOf, type Told } from './session-events.fixture.ts';

let server: TestDatabase;
let admin: pg.Pool;
let writer: Database;
let opened: AsyncDisposableStack;
const tenants = [newTenantId(), newTenantId(), newTenantId()];
const [tenant] = tenants as [TenantId];
const name = playStatistics.name;

beforeAll(async () => {
  server = await testDatabase('worker');
  admin = new pg.Pool({ connectionString: server.adminUrl, max: 4 });
  writer = openDatabase({ url: server.urlOf('audio'), maxConnections: 4 });
  for (const id of tenants) await admin.query("insert into tenant (id, name) values ($1, 'Acme')", [id]);
});
afterAll(async () => {
  await writer?.[Symbol.asyncDispose]();
  await admin?.end();
  await server?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  opened = new AsyncDisposableStack();
  await admin.query(`delete from projection; delete from play_statistics; delete from event_subscription;
    delete from event; delete from event_stream`);
});
afterEach(() => opened.disposeAsync());

interface Running {
  readonly projections: Projections;
  readonly health: Health;
  readonly metrics: Registry;
  readonly database: Database;
}

/** A process of the worker, as far as its read models go. */
async function run({
  version = playStatistics.version,
  apply = playStatistics.apply,
  everyMs = 50,
} = {}): Promise<Running> {
  const database = opened.use(openDatabase({ url: server.url, maxConnections: 4 }));
  const [health, metrics] = [new Health(), new Registry()];
  const ports = { database, clock: systemClock, logger: silentLogger(), health, metrics, everyMs };
  return { projections: opened.use(await startProjections([{ ...playStatistics, version, apply }], ports)), ...ports };
}

const at = Date.parse('2026-11-30T09:00:00Z');
/** Of the first tenant, if not said otherwise. */
const tell = (told: readonly Told[], { of = tenant, guild = '1' } = {}): Promise<unknown> =>
  tellOf(writer)(told, { of, guild });

/** What is read, as the api reads it. */
const read = async (of: TenantId = tenant): Promise<Record<string, number>> => {
  const { rows } = await admin.query<{ key: string; count: number }>(
    `select guild_id || ' ' || to_char(at at time zone 'UTC', 'HH24:MI') || ' ' || kind as key, count
       from play_statistics s join projection p on p.generation = s.generation and p.name = $2 where tenant_id = $1`,
    [of, name],
  );
  return Object.fromEntries(rows.map(({ key, count }) => [key, count]));
};
const settled = ({ projections }: Running): Promise<void> =>
  expect
    .poll(async () => (await projections.list())[0], { interval: 20 })
    .toMatchObject({ version: expect.any(Number), lagMs: 0, rebuild: null });

test('counts what was heard, how it ended and how fast it started, by quarter of an hour', async () => {
  const running = await run();
  await tell([
    ...play(at),
    ...play(at + 4 * minute, 900),
    ['TrackOrdered', at + 14 * minute],
    ['TrackStarted', at + 14 * minute + 40_000, { entryId: 'late' }],
    // Goes on after an interruption: not another play.
    ['Interrupted', at + 16 * minute],
    ['TrackStarted', at + 17 * minute, { entryId: 'late' }],
    ['TrackEnded', at + 18 * minute, { ending: 'skipped' }],
    ['TrackOrdered', at + 18 * minute],
    ['TrackEnded', at + 19 * minute, { ending: 'failed', fault: 'undelivered' }],
    // Of an earlier release.
    ['TrackOrdered', at + 19 * minute],
    ['TrackEnded', at + 20 * minute, { ending: 'failed' }],
  ]);
  await tell(
    [
      ['TrackOrdered', at],
      ['TrackEnded', at + minute, { ending: 'stopped' }],
    ],
    { guild: '2' },
  );
  await expect
    .poll(() => read())
    .toEqual({
      '1 09:00 played': 3,
      '1 09:00 start:300': 1,
      '1 09:00 start:1000': 1,
      '1 09:00 start:over': 1,
      '1 09:00 finished': 2,
      '1 09:15 skipped': 1,
      '1 09:15 failed:undelivered': 1,
      '1 09:15 failed:other': 1,
      '2 09:00 stopped': 1,
    });
  await settled(running);
  expect(await read(tenants[1])).toEqual({});
});

/** The same counts by another way, from the events themselves. */
const fromScratch = async (): Promise<unknown[]> =>
  (
    await admin.query(
      `select tenant_id, stream, count(*) filter (where type = 'TrackStarted' and before = 'TrackOrdered')::int as played,
         count(*) filter (where facts ->> 'ending' = 'finished')::int as finished
       from (select *, lag(type) over (partition by tenant_id, stream order by version) as before from event) as e
       group by 1, 2 order by 1, 2`,
    )
  ).rows;
const counted = async (): Promise<unknown[]> =>
  (
    await admin.query(
      `select tenant_id, 'music-session/' || guild_id as stream, sum(count) filter (where kind = 'played')::int as played,
         sum(count) filter (where kind = 'finished')::int as finished
       from play_statistics s join projection p on p.generation = s.generation group by 1, 2 order by 1, 2`,
    )
  ).rows;
const total = async (): Promise<number> =>
  (
    await admin.query<{ total: number }>(
      `select coalesce(sum(count), 0)::int as total from play_statistics s join projection p on p.generation = s.generation
         where kind = 'played'`,
    )
  ).rows[0]?.total ?? 0;

/** Appends 500 events and more a second until it is stopped. */
function busy() {
  const stop = new AbortController();
  const begun = performance.now();
  let events = 0;
  const appending = (async () => {
    while (!stop.signal.aborted) {
      const plays = [0, 1, 2, 3, 4, 5].flatMap((number) => play(at + number * 4 * minute));
      for (const of of tenants) await tell(plays, { of, guild: String(1 + (events % 2)) });
      events += plays.length * tenants.length;
      const dueMs = (events / 550) * 1_000;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - (performance.now() - begun))));
    }
  })();
  return async (): Promise<number> => {
    stop.abort();
    await appending;
    return events / ((performance.now() - begun) / 1_000);
  };
}

const fill = async (plays: number) => {
  for (const of of tenants)
    for (let done = 0; done < plays; done += 200)
      await tell(Array.from({ length: 200 }, (_, index) => play(at + (done + index) * minute)).flat(), { of });
};

test('is built anew by a newer release while 500 events a second arrive, and read at once when it has caught up', async () => {
  await fill(600);
  const older = await run({ version: 1 });
  await settled(older);
  const stop = busy();
  const newer = await run({ version: 2 });
  let most = 0;
  let readAt = 0;
  while ((await newer.projections.list())[0]?.version !== 2) {
    const now = await total();
    // What is read never goes back, at the swap neither.
    expect(now).toBeGreaterThanOrEqual(most);
    if (now > most) readAt += 1;
    most = now;
  }
  expect(await total()).toBeGreaterThanOrEqual(most);
  const perSecond = await stop();
  expect(perSecond).toBeGreaterThan(300);
  // What was read stayed up to date meanwhile.
  expect(readAt).toBeGreaterThan(1);
  await settled(newer);
  expect(await counted()).toEqual(await fromScratch());
  await expect
    .poll(async () => (await admin.query('select distinct generation from play_statistics')).rows)
    .toEqual([{ generation: 2 }]);
  await expect
    .poll(async () => (await admin.query('select name from event_subscription')).rows)
    .toEqual([{ name: `projection/${name}/2` }]);
});

test('goes on where a process was killed, also in the middle of a batch', async () => {
  await fill(400);
  let batches = 0;
  const dying = await run({
    apply: (generation) => async (transaction, events) => {
      await playStatistics.apply(generation)(transaction, events);
      batches += 1;
      // The rows are written, and neither they nor the checkpoint are committed.
      if (batches > 4) await transaction.query('select pg_terminate_backend(pg_backend_pid())');
    },
  });
  await expect.poll(() => batches).toBeGreaterThan(4);
  await dying.projections[Symbol.asyncDispose]();
  const done = await admin.query<{ done: number }>(
    "select coalesce(sum(count), 0)::int as done from play_statistics where kind = 'finished'",
  );
  expect(done.rows[0]?.done).toBeGreaterThan(0);
  const next = await run();
  await settled(next);
  expect(await counted()).toEqual(await fromScratch());
});

test('is built anew on request, once at a time, and after a restoration of the database', async () => {
  await fill(200);
  const running = await run();
  await settled(running);
  await expect(running.projections.rebuild('other')).rejects.toThrow(
    expect.objectContaining({ code: 'projection.unknown' }),
  );
  const asked = await Promise.allSettled([running.projections.rebuild(name), running.projections.rebuild(name)]);
  expect(asked.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  await expect
    .poll(async () => (await admin.query('select generation from projection')).rows)
    .toEqual([{ generation: 2 }]);
  await settled(running);
  await running.projections[Symbol.asyncDispose]();
  // As a dump tells it: by transactions of another server.
  await admin.query('update event set transaction = transaction + 1000000000');
  await admin.query('update event_subscription set transaction = transaction + 1000000000');
  await admin.query('select renumber_events()');
  await tell(play(at), { of: tenants[2] as TenantId });
  await settled(await run());
  expect(await counted()).toEqual(await fromScratch());
});

test('says how far it is behind: as a metric, to operators, and in health beyond half a minute', async () => {
  const running = await run({
    apply: () => () => Promise.reject(new Error('the handler fails')),
  });
  await tell(play(Date.now() - 2 * minute));
  await admin.query('update projection set generation = 1, version = 1, building = null, building_version = null');
  const [state] = await running.projections.list();
  expect(state).toMatchObject({ name, version: 1, rebuild: null });
  expect(state?.lagMs).toBeGreaterThan(2 * minute - 1);
  expect(await running.metrics.metrics()).toMatch(
    /projection_lag_seconds\{projection="play-statistics",rows="read"\} 1[2-9]\d/,
  );
  const { causes } = await running.health.report();
  expect(causes).toContainEqual({
    name: 'read model play-statistics',
    status: 'degraded',
    detail: expect.stringMatching(/^it is 1[2-9]\d s behind$/),
  });
});

test('a process of an older release leaves what a newer one has built alone, and says so', async () => {
  await fill(200);
  const newer = await run({ version: 2 });
  await settled(newer);
  await newer.projections[Symbol.asyncDispose]();
  const older = await run({ version: 1 });
  expect((await older.projections.list())[0]).toMatchObject({ version: 2, rebuild: null });
  const { causes } = await older.health.report();
  expect(causes[0]).toMatchObject({ status: 'degraded', detail: expect.stringContaining('a newer release') });
  await older.projections.rebuild(name);
  await expect.poll(async () => (await older.projections.list())[0]?.version).toBe(1);
  expect(await counted()).toEqual(await fromScratch());
});
