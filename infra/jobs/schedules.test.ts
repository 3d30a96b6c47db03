import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { openJobs, type Jobs } from './jobs.ts';
import { openSchedules, type ScheduledTask, type Schedules } from './schedules.ts';

/* Two processes of the worker, as the database sees them. */
let server: TestDatabase;
let admin: pg.Pool;
const stack = new AsyncDisposableStack();
const processes: { database: Database; jobs: Jobs }[] = [];

beforeAll(async () => {
  server = await testDatabase('worker');
  admin = new pg.Pool({ connectionString: server.adminUrl, max: 1 });
  for (let index = 0; index < 2; index += 1) {
    const database = stack.use(openDatabase({ url: server.url, maxConnections: 2 }));
    const jobs = stack.use(
      await openJobs({ url: server.url, maxConnections: 2 }, { database, logger: silentLogger() }),
    );
    processes.push({ database, jobs });
  }
});
afterAll(async () => {
  await stack.disposeAsync();
  await admin.end();
  await server[Symbol.asyncDispose]();
});

const yearly = { cron: '0 0 1 1 *', withinSec: 60, description: 'a task of this test' } as const;

/** The same task in both processes. */
async function inBoth(task: Omit<ScheduledTask, 'description'>): Promise<[Schedules, Schedules]> {
  const opened: Schedules[] = [];
  for (const { database, jobs } of processes)
    opened.push(await openSchedules([{ ...yearly, ...task }], { jobs, database, logger: silentLogger() }));
  return opened as [Schedules, Schedules];
}

const latest = async (schedules: Schedules) => (await schedules.list())[0]?.lastRun;
const becomes = (schedules: Schedules, run: object, timeout = 30_000) =>
  expect.poll(() => latest(schedules), { timeout, interval: 50 }).toMatchObject(run);

test('a task that is due is run once, by one of the processes', async () => {
  const minutes: string[] = [];
  await inBoth({
    name: 'each-minute',
    cron: '* * * * *',
    withinSec: 60,
    run: async () => {
      minutes.push(new Date().toISOString().slice(0, 16));
      return 'Done.';
    },
  });
  await expect.poll(() => minutes.length, { timeout: 100_000, interval: 250 }).toBe(1);
  // The other process does not come later.
  await delay(3_000);
  expect(new Set(minutes).size).toBe(minutes.length);
});

test('an operator has a task run now; while it runs, it is not run again, and what it has done is told', async () => {
  let release: (() => void) | undefined;
  let runs = 0;
  const [one, other] = await inBoth({
    ...yearly,
    name: 'held',
    run: async () => {
      runs += 1;
      await new Promise<void>((resolve) => (release = resolve));
      return 'Did what was asked.';
    },
  });
  expect(await latest(one)).toBeNull();
  await one.run('held');
  await becomes(other, { status: 'running', attempt: 1, endedAt: null });
  for (const each of [one, other]) await expect(each.run('held')).rejects.toMatchObject({ code: 'schedule.running' });
  // It is marked as running before it is called.
  await expect.poll(() => release).toBeDefined();
  release?.();
  await becomes(one, { status: 'done', sentence: 'Did what was asked.', missed: 0 });
  expect(runs).toBe(1);
  await expect(one.run('another')).rejects.toMatchObject({ code: 'schedule.unknown', status: 404 });
});

test('a task that fails is repeated, and tells why', async () => {
  let failures = 1;
  const [schedules] = await inBoth({
    ...yearly,
    name: 'failing',
    run: async () => {
      if (failures-- > 0) throw new Error('The table is locked.');
      return 'Done at last.';
    },
  });
  await schedules.run('failing');
  await becomes(schedules, { status: 'waiting', sentence: 'The table is locked.' });
  await becomes(schedules, { status: 'done', attempt: 2, sentence: 'Done at last.' }, 60_000);
});

test('a run tells how many before it were missed', async () => {
  const [schedules] = await inBoth({ name: 'daily', cron: '0 0 * * *', withinSec: 60, run: async () => 'Done.' });
  await schedules.run('daily');
  await becomes(schedules, { status: 'done', missed: 0 });
  await admin.query("update jobs.job set created_on = now() - interval '5 days' where name = 'daily'");
  await schedules.run('daily');
  // Five midnights: one of them is what the run stands for.
  await becomes(schedules, { status: 'done', missed: 4 });
});

test('the role that runs jobs may change rows of the library, and no tables', async () => {
  const { database } = processes[0] ?? {};
  for (const statement of [
    'drop table jobs.warning',
    'create table jobs.more (id int)',
    'alter table jobs.job add x int',
  ])
    await expect(
      database?.acrossTenants((transaction) => transaction.query(statement)),
      statement,
    ).rejects.toThrow(/permission denied|must be owner/);
});
