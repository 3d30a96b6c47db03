import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { FakeClock } from '#infra/kernel/clock.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { keepPartitions } from './partitions.ts';

const weekMs = 7 * 24 * 60 * 60_000;
let server: TestDatabase;
let database: Database;
let admin: pg.Pool;

beforeAll(async () => {
  server = await testDatabase('worker');
  database = openDatabase({ url: server.url, maxConnections: 2 });
  admin = new pg.Pool({ connectionString: server.adminUrl, max: 1 });
});
afterAll(async () => {
  await admin?.end();
  await database?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

const weeks = async () =>
  (
    await admin.query<{ week: string }>(
      `select right(relname, 8) as week from pg_class where relname ~ '^event_\\d{8}$' and relkind = 'r' order by 1`,
    )
  ).rows.map(({ week }) => week);

test('the worker makes the partitions of two weeks ahead, and drops those of which nothing is kept', async () => {
  const clock = new FakeClock(Date.UTC(2040, 0, 4, 12));
  await admin.query("select make_event_partitions('2039-09-26T00:00:00Z', '2039-10-10T00:00:00Z')");
  expect(await keepPartitions({ database, clock })).toMatchObject({ made: 3 });
  expect(await weeks()).toEqual(['20391003', '20391010', '20400102', '20400109', '20400116']);
  clock.advance(weekMs);
  expect(await keepPartitions({ database, clock })).toEqual({ made: 1, dropped: 1 });
  expect(await weeks()).toEqual(['20391010', '20400102', '20400109', '20400116', '20400123']);
});
