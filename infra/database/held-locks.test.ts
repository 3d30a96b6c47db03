import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { createHeldLocks } from './held-locks.ts';

let database: TestDatabase;
let admin: pg.Pool;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  database = stack.use(await testDatabase('api'));
  admin = stack.adopt(new pg.Pool({ connectionString: database.adminUrl, max: 1 }), (pool) => pool.end());
});
afterAll(() => stack.disposeAsync());

test('a lock is held by one process at a time, and by the next as soon as it is given back', async () => {
  await using one = createHeldLocks(database.url);
  await using other = createHeldLocks(database.url);
  const taken = await one.tryTake('a');
  expect(taken?.lost.aborted).toBe(false);
  expect(await one.tryTake('a')).toBeUndefined();
  expect(await other.tryTake('a')).toBeUndefined();
  expect(await other.tryTake('b')).toBeDefined();
  await taken?.[Symbol.asyncDispose]();
  expect(await other.tryTake('a')).toBeDefined();
  expect(await one.tryTake('a')).toBeUndefined();
});

test('when two ask at once, one gets it', async () => {
  await using one = createHeldLocks(database.url);
  await using other = createHeldLocks(database.url);
  const asked = await Promise.all([one, other, one, other].map((locks) => locks.tryTake('c')));
  expect(asked.filter((lock) => lock !== undefined)).toHaveLength(1);
});

test('who loses the connection hears it and can take a lock again, unless somebody else has meanwhile', async () => {
  await using one = createHeldLocks(database.url);
  await using other = createHeldLocks(database.url);
  const [kept, taken] = [await one.tryTake('d'), await one.tryTake('e')];
  if (!kept || !taken) throw new Error('nobody else has them');
  const lost = new Promise((resolve) => taken.lost.addEventListener('abort', resolve, { once: true }));
  await admin.query(
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()
       and database = (select oid from pg_database where datname = current_database())`,
  );
  await lost;
  await Promise.all([kept, taken].map((lock) => lock[Symbol.asyncDispose]()));
  expect(await other.tryTake('d')).toBeDefined();
  expect(await one.tryTake('d')).toBeUndefined();
  expect(await one.tryTake('e')).toBeDefined();
});

test('a database that cannot be reached gives none, and none is thought to be held', async () => {
  await using locks = createHeldLocks('postgres://nobody@127.0.0.1:1/none');
  for (let time = 0; time < 2; time += 1)
    await expect(locks.tryTake('f')).rejects.toMatchObject({ code: 'database.unavailable' });
});
