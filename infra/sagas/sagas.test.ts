import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { upstreamFault } from '#infra/kernel/errors.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { openSagas, type Sagas } from './engine.ts';
import type { SagaStep } from './saga.ts';
import type { Orders, Told } from './sagas.fixture.ts';
import { workflowVersion } from './schema.ts';

let server: TestDatabase;
let admin: pg.Client;

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

describe('killed with SIGKILL', () => {
  beforeEach(async () => {
    await admin.query('truncate effects, runs');
  });

  /** Runs the saga in a process of its own, which stays where it is told to pause. */
  async function runs(id: string, pauseAt?: string): Promise<{ child: ChildProcess; told: Promise<Told> }> {
    const child = fork(path.join(import.meta.dirname, 'sagas.fixture.ts'));
    await once(child, 'message');
    const told = once(child, 'message').then(([message]) => message as Told);
    child.send({ url: server.url, id, pauseAt } satisfies Orders);
    return { child, told };
  }

  const boundaries = ['one', 'two', 'three', 'four'].flatMap((step) => [`before ${step}`, `after ${step}`]);

  test.each(boundaries)(
    '%s, it goes on there at the next start, and repeats nothing that was complete',
    async (boundary) => {
      const first = await runs(boundary, boundary);
      expect(await first.told).toEqual({ at: boundary });
      first.child.kill('SIGKILL');
      await once(first.child, 'exit');
      const second = await runs(boundary);
      expect(await second.told).toEqual({ outcome: 'done' });
      await once(second.child, 'exit');
      const { rows } = await admin.query<{ step: string; times: number }>(
        'select step, count(*)::int as times from runs group by step order by min(ctid)',
      );
      const [when, interrupted] = boundary.split(' ');
      expect(rows).toEqual(
        ['one', 'two', 'three', 'four'].map((step) => ({
          step,
          times: step === interrupted && when === 'after' ? 2 : 1,
        })),
      );
      expect((await admin.query('select 1 from effects')).rowCount).toBe(4);
    },
    60_000,
  );
});

describe('a saga', () => {
  let sagas: Sagas;
  let done: string[] = [];
  const entered = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  /** How many times each step is still to fail, and with what. */
  const failures = new Map<string, { times: number; error: Error }>();

  const step = (name: string): SagaStep<{ who: string }> => ({
    name,
    async run({ who }) {
      const failure = failures.get(name);
      if (failure && failure.times > 0) {
        failure.times -= 1;
        throw failure.error;
      }
      done.push(`${name} for ${who}`);
    },
    async undo({ who }) {
      done.push(`undo ${name} for ${who}`);
    },
  });
  const { undo: _kept, ...last } = step('last');

  beforeAll(async () => {
    sagas = openSagas(
      { url: server.url, executor: 'tests' },
      [
        { name: 'trip', steps: [step('train'), step('hotel'), step('ticket')] },
        { name: 'removal', steps: [last] },
        { name: 'gated', steps: [{ name: 'wait', run: () => (entered.resolve(), gate.promise) }] },
        {
          name: 'slow',
          steps: [{ name: 'wait', run: (_input, signal) => once(signal, 'abort').then(() => undefined) }],
        },
      ],
      { logger: silentLogger(), clock: systemClock, attempts: { timeoutMs: 2_000, firstDelayMs: 10, limit: 3 } },
    );
    await vi.waitUntil(async () => (await sagas.health()).status === 'healthy', { timeout: 10_000 });
  });
  afterEach(() => {
    done = [];
    failures.clear();
  });
  afterAll(() => sagas[Symbol.asyncDispose]());

  const unavailable = () => upstreamFault('hotel.full', 'The hotel is full. Try again tomorrow.');

  test('does its steps in order, once, however often it is begun', async () => {
    await Promise.all([1, 2, 3].map(() => sagas.begin('trip', 'once', { who: 'Max' })));
    expect(await sagas.outcome('once', 5_000)).toEqual({ status: 'done' });
    await sagas.begin('trip', 'once', { who: 'Max' });
    expect(done).toEqual(['train for Max', 'hotel for Max', 'ticket for Max']);
    const [told] = (await sagas.list({ limit: 50 })).filter(({ id }) => id === 'once');
    expect(told).toMatchObject({
      saga: 'trip',
      status: 'done',
      input: { who: 'Max' },
      completed: ['train', 'hotel', 'ticket'],
    });
  });

  test('repeats a step that fails for a while', async () => {
    failures.set('hotel', { times: 2, error: unavailable() });
    await sagas.begin('trip', 'again', { who: 'Max' });
    expect(await sagas.outcome('again', 5_000)).toEqual({ status: 'done' });
    expect(done).toEqual(['train for Max', 'hotel for Max', 'ticket for Max']);
  });

  test('takes back what it did, in reverse order, if a step fails for good; and does it all when it is retried', async () => {
    failures.set('ticket', { times: 3, error: unavailable() });
    await sagas.begin('trip', 'back', { who: 'Max' });
    expect(await sagas.outcome('back', 5_000)).toMatchObject({
      status: 'failed',
      error: { code: 'hotel.full', message: 'The hotel is full. Try again tomorrow.' },
    });
    expect(done).toEqual(['train for Max', 'hotel for Max', 'undo hotel for Max', 'undo train for Max']);
    expect(await sagas.list({ status: 'failed', limit: 10 })).toMatchObject([
      { id: 'back', failure: { code: 'hotel.full' } },
    ]);
    done = [];
    await sagas.retry('back');
    expect(await sagas.outcome('back', 10_000)).toEqual({ status: 'done' });
    expect(done).toEqual(['train for Max', 'hotel for Max', 'ticket for Max']);
    await expect(sagas.retry('back')).rejects.toMatchObject({ code: 'saga.not-failed', status: 409 });
    await expect(sagas.retry('never begun')).rejects.toMatchObject({ code: 'saga.unknown', status: 404 });
  });

  test('whose end is waited for is not taken for failed because the database cannot be asked', async () => {
    await sagas.begin('gated', 'gated-1', {});
    await entered.promise;
    await admin.query('revoke select on workflows.workflow_status from bailiwick_api');
    try {
      await expect(sagas.outcome('gated-1', 200)).rejects.toMatchObject({ code: '42501' });
    } finally {
      await admin.query('grant select on workflows.workflow_status to bailiwick_api');
    }
    gate.resolve();
    expect(await sagas.outcome('gated-1', 10_000)).toEqual({ status: 'done' });
  }, 30_000);

  test('that failed goes on from the failed step when it is begun again', async () => {
    failures.set('last', { times: 3, error: new Error('password=hunter2') });
    await sagas.begin('removal', 'removal-1', { who: 'Max' });
    const outcome = await sagas.outcome('removal-1', 5_000);
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'saga.step-failed' } });
    await sagas.begin('removal', 'removal-1', { who: 'Max' });
    expect(await sagas.outcome('removal-1', 10_000)).toEqual({ status: 'done' });
    expect(done).toEqual(['last for Max']);
  });

  test('stores of an unexpected error nothing that it says', async () => {
    const { rows } = await admin.query<{ text: string }>(
      'select (s.*)::text as text from workflows.workflow_status s union all select (o.*)::text from workflows.operation_outputs o',
    );
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.filter(({ text }) => text.includes('hunter2'))).toEqual([]);
  });

  test('whose step takes too long is aborted and, in the end, failed; before that it is running', async () => {
    await sagas.begin('slow', 'slow-1', {});
    expect(await sagas.outcome('slow-1', 100)).toEqual({ status: 'running' });
    expect((await sagas.outcome('slow-1', 20_000)).status).toBe('failed');
  }, 30_000);
});

test('they start, and what was interrupted is resumed, as soon as the database lets them', async () => {
  let runs = 0;
  const saga = { name: 'patient', steps: [{ name: 'run', run: async () => void (runs += 1) }] };
  const open = () =>
    openSagas({ url: server.url, executor: 'late' }, [saga], { logger: silentLogger(), clock: systemClock });
  const first = open();
  await first.launched;
  await first.begin('patient', 'patient-1', {});
  await first.outcome('patient-1', 5_000);
  await first[Symbol.asyncDispose]();
  // As if its process had been killed before it could store that the step was complete.
  await admin.query("update workflows.workflow_status set status = 'PENDING' where workflow_uuid = 'patient-1'");
  await admin.query("delete from workflows.operation_outputs where workflow_uuid = 'patient-1'");
  // The statement with which the library looks for interrupted workflows.
  await admin.query('revoke select on workflows.workflow_status from bailiwick_api');
  await using late = open();
  await delay(1_000);
  expect((await late.health()).status).toBe('degraded');
  await expect(late.begin('patient', 'patient-2', {})).rejects.toMatchObject({ code: 'saga.not-ready', status: 503 });
  expect(runs).toBe(1);
  await admin.query('grant select on workflows.workflow_status to bailiwick_api');
  await late.launched;
  await expect.poll(() => runs, { timeout: 10_000 }).toBe(2);
  expect(await late.outcome('patient-1', 5_000)).toEqual({ status: 'done' });
}, 60_000);

test('the version of the tables is that of the installed library', async () => {
  const require = createRequire(import.meta.url);
  const entry = require.resolve('@dbos-inc/dbos-sdk');
  const manifest = path.join(entry.slice(0, entry.lastIndexOf('/dist/')), 'package.json');
  expect(JSON.parse(await readFile(manifest, 'utf8'))).toMatchObject({ version: workflowVersion });
});
