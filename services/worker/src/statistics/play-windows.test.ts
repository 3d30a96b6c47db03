import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import type { ConsumerOptions } from '#infra/streaming/carrier.ts';
import { openPostgresCarrier } from '#infra/streaming/postgres-carrier.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { removeExpiredRows } from '../session-cleanup.ts';
import { playWindows } from './play-windows.ts';
import { withPlaysOfAll } from './plays-of-all.ts';
import { minute, play, tellOf } from './session-events.fixture.ts';

let server: TestDatabase;
let admin: pg.Pool;
let writer: Database;
let tell: ReturnType<typeof tellOf>;
let opened: AsyncDisposableStack;
let tenant: TenantId;
const hour = 60 * minute;
/** An hour that began not long ago, so that nothing is of a time that has not come. */
const at = Math.floor(Date.now() / hour) * hour - 5 * hour;

beforeAll(async () => {
  server = await testDatabase('worker');
  admin = new pg.Pool({ connectionString: server.adminUrl, max: 2 });
  writer = openDatabase({ url: server.urlOf('audio'), maxConnections: 4 });
  tell = tellOf(writer);
  await (await follow())[Symbol.asyncDispose]();
});
afterAll(async () => {
  await writer?.[Symbol.asyncDispose]();
  await admin?.end();
  await server?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  opened = new AsyncDisposableStack();
  tenant = await newTenant();
});
afterEach(async () => {
  await opened?.disposeAsync();
  expect(await ofAll(), 'what is read of all tenants together').toEqual(await summed());
});

async function newTenant(): Promise<TenantId> {
  const id = newTenantId();
  await admin.query("insert into tenant (id, name) values ($1, 'Acme')", [id]);
  return id;
}

/** A process of the worker, as far as its windows go. */
async function follow(consumer: ConsumerOptions = playWindows(systemClock)): Promise<AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  const database = stack.use(openDatabase({ url: server.url, maxConnections: 4 }));
  const ports = { database, consumers: [consumer.name], clock: systemClock, logger: silentLogger() };
  const carrier = stack.use(await openPostgresCarrier(ports));
  stack.use(await carrier.follow(consumer));
  return stack;
}

const panes = async (of: TenantId = tenant): Promise<Record<string, number>> => {
  const { rows } = await admin.query<{ key: string; value: number }>(
    `select to_char(at at time zone 'UTC', 'HH24:MI') || ' ' || key as key, value::int from window_pane where tenant_id = $1`,
    [of],
  );
  return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
};
const state = async (name: string): Promise<unknown> =>
  (
    await admin.query(
      `select watermark, corrected::int, left_out::int as "leftOut" from window_state where tenant_id = $1 and name = $2`,
      [tenant, name],
    )
  ).rows[0];
const rowsOf = async (panes: string, states: string): Promise<unknown> => ({
  panes: (await admin.query(`${panes} order by 1, 2, 3`)).rows,
  states: (await admin.query(`${states} order by 1`)).rows,
});
/** As operators read it. */
const ofAll = () =>
  rowsOf(
    'select name, at, key, value::int from window_total',
    'select name, newest, corrected::int, left_out::int from window_total_state where newest is not null',
  );
/** As it follows from what each tenant has. */
const summed = () =>
  rowsOf(
    'select name, at, key, sum(value)::int as value from window_pane group by 1, 2, 3',
    `select name, max(watermark) as newest, sum(corrected)::int as corrected, sum(left_out)::int as left_out
       from window_state group by name having max(watermark) is not null`,
  );
/** Of the hour in which the test's events begin, and those after it. */
const time = (minutes: number): string => new Date(at + minutes * minute).toISOString().slice(11, 16);

test('counts plays and how they ended by the minute, and what could be heard by the hour', async () => {
  opened.use(await follow());
  await tell(
    [
      ['TrackOrdered', at],
      ['TrackStarted', at + 1_000],
      ['Paused', at + 61_000],
      ['Resumed', at + 121_000],
      ['Interrupted', at + 131_000],
      // Goes on: not another play.
      ['TrackStarted', at + 141_000],
      ['PositionChanged', at + 151_000, { playback: 'playing' }],
      ['TrackEnded', at + 161_000, { ending: 'skipped' }],
      ['TrackOrdered', at + 58 * minute],
      ['TrackStarted', at + 58 * minute],
      ['TrackEnded', at + 63 * minute, { ending: 'finished' }],
      ['TrackOrdered', at + 63 * minute],
      ['TrackEnded', at + 64 * minute, { ending: 'failed', fault: 'undelivered' }],
    ],
    { of: tenant },
  );
  await expect
    .poll(() => panes(), { timeout: 20_000 })
    .toEqual({
      [`${time(0)} played`]: 1,
      [`${time(2)} skipped`]: 1,
      [`${time(58)} played`]: 1,
      [`${time(63)} finished`]: 1,
      [`${time(64)} failed`]: 1,
      [`${time(0)} heard`]: 60_000 + 10_000 + 20_000 + 2 * minute,
      [`${time(60)} heard`]: 3 * minute,
    });
});

test('an event that is late corrects its minute, and is left out and counted once that is final', async () => {
  opened.use(await follow());
  const ended = (minutes: number, guild: string) =>
    tell([['TrackEnded', at + minutes * minute, { ending: 'stopped' }]], { of: tenant, guild });
  await ended(20, '1');
  await expect.poll(() => panes(), { timeout: 20_000 }).toEqual({ [`${time(20)} stopped`]: 1 });
  await ended(11, '2');
  await expect.poll(() => panes(), { timeout: 20_000 }).toMatchObject({ [`${time(11)} stopped`]: 1 });
  await ended(5, '3');
  const expected = { watermark: new Date(at + 20 * minute), corrected: 1, leftOut: 1 };
  await expect.poll(() => state('plays-by-minute'), { timeout: 20_000 }).toEqual(expected);
  expect(await panes()).toEqual({ [`${time(20)} stopped`]: 1, [`${time(11)} stopped`]: 1 });
});

test('has each event once, however often a process is killed and whoever goes on', async () => {
  const others = [tenant, await newTenant(), await newTenant()];
  const plays = 40;
  const { handle, ...rest } = playWindows(systemClock);
  let batches = 0;
  const dying: ConsumerOptions = {
    ...rest,
    async handle(transaction, events) {
      await handle(transaction, events);
      batches += 1;
      // What it has added is not committed.
      if (batches % 2 === 0) await transaction.query('select pg_terminate_backend(pg_backend_pid())');
    },
  };
  for (let process = 0; process < 2; process += 1) opened.use(await follow(dying));
  for (let done = 0; done < plays; done += 20)
    await Promise.all(
      others.flatMap((of) =>
        ['1', '2'].map((guild) =>
          tell(Array.from({ length: 20 }, (_, index) => play(at + done * 10_000 + index * 10_000)).flat(), {
            of,
            guild,
          }),
        ),
      ),
    );
  await expect.poll(() => batches, { timeout: 20_000 }).toBeGreaterThan(3);
  opened.use(await follow());
  const sums = async (of: TenantId) => {
    const { rows } = await admin.query<{ key: string; sum: number }>(
      'select key, sum(value)::int from window_pane where tenant_id = $1 and key <> $2 group by 1',
      [of, 'heard'],
    );
    return Object.fromEntries(rows.map(({ key, sum }) => [key, sum]));
  };
  for (const of of others)
    await expect.poll(() => sums(of), { timeout: 40_000 }).toEqual({ played: 2 * plays, finished: 2 * plays });
});

describe('what is played at all tenants together', () => {
  const others = { list: () => Promise.resolve([]), rebuild: () => Promise.reject(new Error('another read model')) };
  const worker = () => opened.use(openDatabase({ url: server.url, maxConnections: 4 }));
  const totalAt = async (minutes: number): Promise<unknown[]> =>
    (
      await admin.query<{ key: string; value: number }>(
        "select key, value::int from window_total where at = $1 and name = 'plays-by-minute' order by key",
        [new Date(at + minutes * minute)],
      )
    ).rows;

  test('is one row for all of them, and has nothing of a tenant that is deleted', async () => {
    opened.use(await follow());
    const [one, other] = [tenant, await newTenant()];
    // A time that no other test has.
    const begin = at + 130 * minute;
    for (const each of [one, other]) await tell(play(begin), { of: each });
    await tell([['TrackEnded', begin + 20 * minute, { ending: 'stopped' }]], { of: one, guild: '2' });
    await expect.poll(() => totalAt(150)).toEqual([{ key: 'stopped', value: 1 }]);
    await expect.poll(() => totalAt(130)).toEqual([{ key: 'played', value: 2 }]);
    expect(await ofAll()).toEqual(await summed());
    await admin.query('delete from tenant where id = $1', [one]);
    expect(await totalAt(130)).toEqual([{ key: 'played', value: 1 }]);
    expect(await totalAt(150)).toEqual([]);
    expect(await ofAll()).toEqual(await summed());
    await admin.query('delete from tenant where id = $1', [other]);
    expect(await totalAt(130)).toEqual([]);
  });

  test('is made anew while plays are counted, and read meanwhile', async () => {
    opened.use(await follow());
    const models = await withPlaysOfAll(others, worker());
    const [before] = await models.list();
    await admin.query('update window_total set value = value + 7');
    const begin = at + 200 * minute;
    const telling = (async () => {
      for (let index = 0; index < 40; index += 1) await tell(play(begin + index * 1_000), { of: tenant });
    })();
    for (let time = 0; time < 5; time += 1) await models.rebuild('plays-of-all');
    await telling;
    await expect.poll(async () => (await state('plays-by-minute')) !== undefined).toBe(true);
    await expect
      .poll(async () => {
        const { rows } = await admin.query<{ sum: number }>(
          "select sum(value)::int from window_pane where tenant_id = $1 and key = 'finished'",
          [tenant],
        );
        return rows[0]?.sum;
      })
      .toBe(40);
    const [after] = await models.list();
    expect(after).toMatchObject({ name: 'plays-of-all', version: 1, lagMs: 0, rebuild: null });
    expect(Date.parse(after?.readSince ?? '')).toBeGreaterThan(Date.parse(before?.readSince ?? ''));
  });

  test('is made anew by the next process after a restoration', async () => {
    opened.use(await follow());
    await tell(play(at + 90 * minute), { of: tenant });
    await expect.poll(() => totalAt(90)).toEqual([{ key: 'played', value: 1 }]);
    await admin.query("update projection set version = 0 where name = 'plays-of-all'");
    await admin.query('delete from window_total');
    await withPlaysOfAll(others, worker());
    expect(await totalAt(90)).toEqual([{ key: 'played', value: 1 }]);
  });

  test('forgets what is older than its windows', async () => {
    await admin.query(
      `insert into window_pane (tenant_id, name, at, key, value) values ($1, 'plays-by-minute', now() - interval '3 days', 'played', 5)`,
      [tenant],
    );
    const old = "select from window_total where at < now() - interval '2 days'";
    expect((await admin.query(old)).rowCount).toBe(1);
    await removeExpiredRows({ database: worker(), clock: systemClock }, new AbortController().signal);
    expect((await admin.query(old)).rowCount).toBe(0);
  });
});
