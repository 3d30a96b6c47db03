import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import type { Orders, Told } from './sagas.fixture.ts';

/* Two processes of one part, which share their workflows. */
let server: TestDatabase;
let admin: pg.Client;
const children: ChildProcess[] = [];

beforeAll(async () => {
  server = await testDatabase('api');
  admin = new pg.Client({ connectionString: server.adminUrl });
  await admin.connect();
  await admin.query('create table effects (step text primary key); create table runs (step text)');
  await admin.query('grant select, insert on effects, runs to bailiwick_api');
});
afterAll(async () => {
  await admin.end();
  await server[Symbol.asyncDispose]();
});
beforeEach(() => admin.query('truncate effects, runs'));
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process with this order, and everything that it tells, in turn. */
async function begin(order: Omit<Orders, 'url'>) {
  const child = fork(path.join(import.meta.dirname, 'sagas.fixture.ts'));
  children.push(child);
  const told: Told[] = [];
  const times = new Map<Told, number>();
  child.on('message', (message: Told) => times.set(message, performance.now()) && told.push(message));
  await once(child, 'message');
  told.length = 0;
  child.send({ url: server.url, ...order } satisfies Orders);
  const says = (what: Told) => expect.poll(() => told, { timeout: 20_000 }).toContainEqual(what);
  /** When it said so. */
  const saidAtMs = (what: Told) => times.get(told.find((each) => isDeepStrictEqual(each, what)) ?? what) ?? Number.NaN;
  return { child, says, saidAtMs, go: () => child.send('go') };
}

const timesOf = async (): Promise<Record<string, number>> => {
  const { rows } = await admin.query<{ step: string; times: number }>(
    'select step, count(*)::int as times from runs group by step',
  );
  return Object.fromEntries(rows.map(({ step, times }) => [step, times]));
};

describe('a workflow of one process', () => {
  test('is taken up by the other within seconds once its process was killed, and repeats nothing', async () => {
    const other = await begin({ id: 'left', pauseAt: undefined, does: 'waits' });
    await other.says({ at: 'ready' });
    const one = await begin({ id: 'left', pauseAt: 'before three' });
    await one.says({ at: 'before three' });
    // As long as its process lives it stays there, however long that takes.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(await timesOf()).toEqual({ one: 1, two: 1 });
    const sinceMs = Date.now();
    one.child.kill('SIGKILL');
    other.go();
    await other.says({ outcome: 'done' });
    expect(Date.now() - sinceMs).toBeLessThan(8_000);
    expect(await timesOf()).toEqual({ one: 1, two: 1, three: 1, four: 1 });
  });

  test('ends where it is when the other process forgets it', async () => {
    const one = await begin({ id: 'unwanted', pauseAt: 'before two' });
    await one.says({ at: 'before two' });
    const other = await begin({ id: 'unwanted', pauseAt: undefined, does: 'forgets' });
    await other.says({ at: 'ready' });
    other.go();
    await one.says({ at: 'stopped before two' });
    await other.says({ outcome: 'forgotten' });
    // The step is given a second to end; only then is nothing left of the workflow.
    const stoppedAtMs = one.saidAtMs({ at: 'stopped before two' });
    expect(other.saidAtMs({ outcome: 'forgotten' }) - stoppedAtMs).toBeGreaterThan(500);
    expect(await timesOf()).toEqual({ one: 1 });
  });

  test('makes its next attempt at once when the other process is asked to', async () => {
    const one = await begin({ id: 'asleep', pauseAt: undefined, failAt: 'before three' });
    await one.says({ at: 'before three' });
    const other = await begin({ id: 'asleep', pauseAt: undefined, does: 'retries' });
    await other.says({ at: 'ready' });
    other.go();
    await other.says({ outcome: 'done' });
    expect(await timesOf()).toEqual({ one: 1, two: 1, three: 1, four: 1 });
  });

  test('goes on elsewhere when its process is asked to stop', async () => {
    const other = await begin({ id: 'passed', pauseAt: undefined, does: 'waits' });
    await other.says({ at: 'ready' });
    const one = await begin({ id: 'passed', pauseAt: 'after two' });
    await one.says({ at: 'after two' });
    one.child.kill('SIGTERM');
    other.go();
    await other.says({ outcome: 'done' });
    expect(await timesOf()).toEqual({ one: 1, two: 2, three: 1, four: 1 });
  });
});
