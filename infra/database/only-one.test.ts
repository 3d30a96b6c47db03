import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeClock, systemClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { createHeldLocks } from './held-locks.ts';
import { onlyOne } from './only-one.ts';

let database: TestDatabase;
let admin: pg.Pool;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  database = stack.use(await testDatabase('edge'));
  admin = stack.adopt(new pg.Pool({ connectionString: database.adminUrl, max: 1 }), (pool) => pool.end());
});
afterAll(() => stack.disposeAsync());

const options = (name: string) => {
  const replaced: string[] = [];
  return {
    url: database.url,
    name,
    clock: systemClock,
    logger: silentLogger(),
    replaced: () => void replaced.push(name),
    said: replaced,
  };
};
/** Those of this database: other tests run at the same server. */
const locksHere = `pg_locks where locktype = 'advisory'
  and database = (select oid from pg_database where datname = current_database())`;
const disconnectHolders = (also = '') =>
  admin.query(`select pg_terminate_backend(pid) from ${locksHere} and pid <> pg_backend_pid() ${also}`);
/** Process ids of the connections that have one. */
const holders = async () =>
  (await admin.query<{ pid: number }>(`select pid from ${locksHere}`)).rows.map(({ pid }) => pid);
const countLocks = async (also = '') => (await admin.query(`select 1 from ${locksHere} ${also}`)).rowCount;

test('a second process of a kind is refused after a while, one of another kind is not', async () => {
  await using _first = await onlyOne(options('a'));
  await using _other = await onlyOne(options('b'));
  const clock = new FakeClock();
  const second = onlyOne({ ...options('a'), clock });
  const refused = expect(second).rejects.toMatchObject({ code: 'database.second-process', status: 409 });
  const waiting = setInterval(() => clock.advance(1_000), 5);
  await refused;
  clearInterval(waiting);
});

test('the next begins as soon as the one before has ended', async () => {
  const first = await onlyOne(options('c'));
  const second = onlyOne(options('c'));
  await first[Symbol.asyncDispose]();
  await using _held = await second;
});

test('who loses the connection goes on and takes its place again', async () => {
  const asked = options('d');
  await using _first = await onlyOne(asked);
  const [before] = await holders();
  await disconnectHolders();
  await using locks = createHeldLocks(database.url);
  // A connection that was ended may be seen for a while.
  await expect.poll(async () => (await holders()).filter((pid) => pid !== before)).toHaveLength(1);
  expect(await locks.tryTake('the only d')).toBeUndefined();
  expect(asked.said).toEqual([]);
});

test('who loses the connection and finds another in its place stops', async () => {
  const clock = new FakeClock();
  const asked = { ...options('e'), clock };
  await using _first = await onlyOne(asked);
  await using _locks = createHeldLocks(database.url);
  // Waits in line, so that it is the first to get the lock.
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const taken = client.query("select pg_advisory_lock(hashtextextended('the only e', 0))");
  await expect.poll(() => countLocks('and not granted')).toBe(1);
  await disconnectHolders('and granted');
  await taken;
  const waiting = setInterval(() => clock.advance(1_000), 5);
  await expect.poll(() => asked.said).toEqual(['e']);
  clearInterval(waiting);
  await client.end();
});
