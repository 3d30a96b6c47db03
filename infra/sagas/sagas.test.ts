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
import type { Attempt, Failure, Saga, SagaStep } from './saga.ts';
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
      const failure = failures.get(`undo ${name}`);
      if (failure) throw failure.error;
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

  test('that does not run costs nothing: no timer wakes an idle process within half a second', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    await delay(300);
    const delays = timers.mock.calls.map(([, delayMs]) => delayMs ?? 0);
    timers.mockRestore();
    expect(delays.filter((delayMs) => delayMs < 500)).toEqual([]);
  });

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

  test('says why it failed, also if what it did cannot be taken back; each is listed with its own steps', async () => {
    failures.set('ticket', { times: 3, error: unavailable() });
    failures.set('undo hotel', { times: 3, error: new Error('unexpected') });
    await sagas.begin('trip', 'stays', { who: 'Max' });
    expect(await sagas.outcome('stays', 5_000)).toMatchObject({ status: 'failed', error: { code: 'hotel.full' } });
    const listed = await sagas.list({ limit: 50 });
    expect(listed.find(({ id }) => id === 'stays')).toMatchObject({
      status: 'failed',
      completed: ['train', 'hotel'],
      failure: { code: 'hotel.full' },
    });
    expect(listed.find(({ id }) => id === 'once')).toMatchObject({ completed: ['train', 'hotel', 'ticket'] });
    expect(done).toEqual(['train for Max', 'hotel for Max']);
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
  });

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
  });
});

describe('under way or failed', () => {
  let done: string[] = [];
  /** What each step does; those that are not here succeed. */
  const behaviours = new Map<string, (signal: AbortSignal, attempt: Attempt) => Promise<'over' | void>>();
  const step = (name: string, more: Partial<SagaStep<{ who: string }>> = {}): SagaStep<{ who: string }> => ({
    name,
    async run(_input, signal, attempt) {
      const outcome = await behaviours.get(name)?.(signal, attempt);
      done.push(name);
      return outcome;
    },
    ...more,
  });
  const undo = (name: string) => ({
    undo: async () => {
      await behaviours.get(`undo ${name}`)?.(new AbortController().signal, { number: 1, endsAtMs: 0 });
      done.push(`undo ${name}`);
    },
  });
  const told: Failure[] = [];
  const stay: Saga<{ who: string }> = {
    name: 'stay',
    compensates: 'on-request',
    steps: [
      step('book', undo('book')),
      step('invite', { withinMs: 60_000 }),
      step('arrive', { ...undo('arrive'), repeats: (error) => !(error instanceof TypeError) }),
    ],
    whyNotCompensated: async ({ who }) => (who === 'a friend' ? 'They are a friend.' : undefined),
    failed: async (_input, failure) => void told.push({ code: failure.code, message: failure.message }),
  };
  const forever = (signal: AbortSignal) => once(signal, 'abort').then(() => signal.throwIfAborted());
  const open = (firstDelayMs = 10) =>
    openSagas({ url: server.url, executor: 'stays' }, [stay, { name: 'plain', steps: [step('book')] }], {
      logger: silentLogger(),
      clock: systemClock,
      attempts: { timeoutMs: 5_000, firstDelayMs, limit: 3 },
    });
  const stateOf = async (sagas: Sagas, id: string) => (await sagas.list({ limit: 200 })).find((each) => each.id === id);
  const until = (what: () => Promise<unknown>) => vi.waitUntil(what, { timeout: 10_000, interval: 20 });
  const begun = async (sagas: Sagas, id: string, who = 'Max') => {
    await sagas.launched;
    await sagas.begin('stay', id, { who });
  };

  afterEach(() => {
    done = [];
    told.length = 0;
    behaviours.clear();
  });

  test('tells its step, since when, the attempt and the last failure; the next attempt is made when it is retried', async () => {
    await using sagas = open(60_000);
    let isFull = true;
    behaviours.set('arrive', async () => {
      if (isFull) throw upstreamFault('hotel.full', 'The hotel is full.');
    });
    const beforeMs = Date.now();
    await begun(sagas, 'told');
    await until(async () => (await stateOf(sagas, 'told'))?.step?.failure);
    const state = await stateOf(sagas, 'told');
    expect(state).toMatchObject({
      status: 'running',
      completed: ['book', 'invite'],
      step: { name: 'arrive', attempt: 1, failure: { code: 'hotel.full', message: 'The hotel is full.' } },
      compensable: true,
    });
    expect(state?.step?.sinceMs).toBeGreaterThanOrEqual(beforeMs);
    isFull = false;
    await sagas.retry('told');
    expect(await sagas.outcome('told', 5_000)).toEqual({ status: 'done' });
  });

  test('is not attempted again if that is not worth it, tells why it failed, and takes nothing back', async () => {
    await using sagas = open();
    let attempts = 0;
    behaviours.set('arrive', async () => {
      attempts += 1;
      throw new TypeError('unexpected');
    });
    await begun(sagas, 'hopeless');
    expect((await sagas.outcome('hopeless', 5_000)).status).toBe('failed');
    expect(attempts).toBe(1);
    expect(told).toMatchObject([{ code: 'saga.step-failed' }]);
    expect(done).toEqual(['book', 'invite']);
    expect(await stateOf(sagas, 'hopeless')).toMatchObject({ step: { name: 'arrive' }, completed: ['book', 'invite'] });
    behaviours.clear();
    await sagas.retry('hopeless');
    expect(await sagas.outcome('hopeless', 10_000)).toEqual({ status: 'done' });
    expect(done).toEqual(['book', 'invite', 'arrive']);
  });

  test('is over when a step says so', async () => {
    await using sagas = open();
    behaviours.set('invite', async () => 'over');
    await begun(sagas, 'over');
    expect(await sagas.outcome('over', 5_000)).toEqual({ status: 'done' });
    expect(done).toEqual(['book', 'invite']);
  });

  test('is stopped and taken back on request, in reverse order; then it can only be begun anew', async () => {
    await using sagas = open();
    behaviours.set('invite', forever);
    await begun(sagas, 'regretted');
    await until(async () => (await stateOf(sagas, 'regretted'))?.step?.name === 'invite');
    await sagas.compensate('regretted');
    await until(async () => (await stateOf(sagas, 'regretted'))?.compensation?.status === 'done');
    expect(done).toEqual(['book', 'undo arrive', 'undo book']);
    expect(await stateOf(sagas, 'regretted')).toMatchObject({ status: 'failed', failure: { code: 'saga.stopped' } });
    expect(await sagas.outcome('regretted', 100)).toMatchObject({ status: 'failed', error: { code: 'saga.stopped' } });
    const compensated = { code: 'saga.compensated', status: 409 };
    await expect(sagas.compensate('regretted')).rejects.toMatchObject(compensated);
    await expect(sagas.retry('regretted')).rejects.toMatchObject(compensated);
    await expect(sagas.retry('regretted-compensation')).rejects.toMatchObject({ code: 'saga.unknown' });
  });

  test('whose compensation fails is compensated again from there', async () => {
    await using sagas = open();
    behaviours.set('arrive', () => Promise.reject(new TypeError()));
    let isRefused = true;
    behaviours.set('undo book', async () => {
      if (isRefused) throw upstreamFault('hotel.refuses', 'The hotel refuses.');
    });
    await begun(sagas, 'twice');
    await sagas.outcome('twice', 5_000);
    await sagas.compensate('twice');
    await until(async () => (await stateOf(sagas, 'twice'))?.compensation?.status === 'failed');
    expect(await stateOf(sagas, 'twice')).toMatchObject({ compensation: { failure: { code: 'hotel.refuses' } } });
    isRefused = false;
    await sagas.compensate('twice');
    await until(async () => (await stateOf(sagas, 'twice'))?.compensation?.status === 'done');
    expect(done).toEqual(['book', 'invite', 'undo arrive', 'undo book']);
  });

  test('is not compensated if it is done, refuses, or has nothing to take back', async () => {
    await using sagas = open();
    await begun(sagas, 'finished');
    await sagas.outcome('finished', 5_000);
    await expect(sagas.compensate('finished')).rejects.toMatchObject({ code: 'saga.done', status: 409 });
    behaviours.set('invite', forever);
    await begun(sagas, 'friendly', 'a friend');
    const refusal = {
      code: 'saga.not-compensable',
      status: 409,
      message: expect.stringMatching(/They are a friend\.$/),
    };
    await expect(sagas.compensate('friendly')).rejects.toMatchObject(refusal);
    behaviours.set('book', forever);
    await sagas.begin('plain', 'plain-1', { who: 'Max' });
    await expect(sagas.compensate('plain-1')).rejects.toMatchObject({ code: 'saga.not-compensable' });
    expect((await stateOf(sagas, 'friendly'))?.status).toBe('running');
    expect((await stateOf(sagas, 'plain-1'))?.status).toBe('running');
    await sagas.forget('friendly');
    await sagas.forget('plain-');
    expect(await stateOf(sagas, 'friendly')).toBeUndefined();
  });

  test('when its process stops is neither failed nor given more time: it goes on at the next start', async () => {
    const ends: number[] = [];
    behaviours.set('invite', async (signal, { endsAtMs }) => {
      ends.push(endsAtMs);
      if (ends.length === 1) await forever(signal);
    });
    {
      await using sagas = open();
      await begun(sagas, 'stopped');
      await until(async () => ends.length === 1);
    }
    await using again = open();
    await again.launched;
    expect(await again.outcome('stopped', 10_000)).toEqual({ status: 'done' });
    expect(done).toEqual(['book', 'invite', 'arrive']);
    expect(ends[1]).toBe(ends[0]);
    expect(ends[0]).toBeLessThanOrEqual(Date.now() + 60_000);
  });
});

describe('that the database does not store', () => {
  /** A saga whose second step waits for what the test does to the database. */
  async function interrupted(name: string, right: string): Promise<{ times: Map<string, number>; outcome: string }> {
    const times = new Map<string, number>();
    const entered = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const step = (of: string, then: () => Promise<void>): SagaStep<Record<string, never>> => ({
      name: of,
      async run() {
        times.set(of, (times.get(of) ?? 0) + 1);
        await then();
      },
      undo: async () => void times.set(`undo ${of}`, 1),
    });
    const steps = [step('first', async () => undefined), step('last', async () => (entered.resolve(), gate.promise))];
    await using sagas = openSagas({ url: server.url, executor: name }, [{ name, steps }], {
      logger: silentLogger(),
      clock: systemClock,
      upkeepMs: 200,
    });
    await sagas.launched;
    await sagas.begin(name, `${name}-1`, {});
    await entered.promise;
    await admin.query(`revoke ${right} from bailiwick_api`);
    try {
      gate.resolve();
      await delay(1_000);
      expect(await sagas.outcome(`${name}-1`, 100)).toEqual({ status: 'running' });
    } finally {
      await admin.query(`grant ${right} to bailiwick_api`);
    }
    return { times, outcome: (await sagas.outcome(`${name}-1`, 15_000)).status };
  }

  test.each([
    ['a step', 'unstored-step', 'insert on workflows.operation_outputs', 2, 100],
    ['its end', 'unstored-end', 'insert on workflows.workflow_output', 1, 1],
  ])(
    '%s goes on without a restart once it does, and takes nothing back',
    async (_what, name, right, atLeast, atMost) => {
      const { times, outcome } = await interrupted(name, right);
      expect(outcome).toBe('done');
      expect(times.get('first')).toBe(1);
      expect(times.get('last')).toBeGreaterThanOrEqual(atLeast);
      expect(times.get('last')).toBeLessThanOrEqual(atMost);
      expect([...times.keys()]).toEqual(['first', 'last']);
    },
  );
});

test('those that have been done for thirty days are removed; those that failed are kept', async () => {
  const saga = { name: 'aged', steps: [{ name: 'run', run: async () => undefined }] };
  const open = () =>
    openSagas({ url: server.url, executor: 'aged' }, [saga], {
      logger: silentLogger(),
      clock: systemClock,
      upkeepMs: 100,
    });
  const ids = ['aged-done', 'aged-failed', 'aged-recent'];
  {
    await using first = open();
    await first.launched;
    for (const id of ids) {
      await first.begin('aged', id, {});
      await first.outcome(id, 5_000);
    }
  }
  const dayMs = 24 * 60 * 60_000;
  const completed = (id: string, days: number) =>
    admin.query('update workflows.workflow_status set completed_at = $2 where workflow_uuid = $1', [
      id,
      Date.now() - days * dayMs,
    ]);
  await completed('aged-done', 31);
  await completed('aged-failed', 31);
  await completed('aged-recent', 29);
  await admin.query("update workflows.workflow_status set status = 'ERROR' where workflow_uuid = 'aged-failed'");
  await using again = open();
  await again.launched;
  const left = async () =>
    (await again.list({ limit: 200 })).filter(({ saga: of }) => of === 'aged').map(({ id }) => id);
  await expect.poll(async () => (await left()).toSorted(), { timeout: 10_000 }).toEqual(['aged-failed', 'aged-recent']);
  const steps = "select distinct workflow_uuid as id from workflows.operation_outputs where workflow_uuid like 'aged%'";
  expect((await admin.query<{ id: string }>(steps)).rows.map(({ id }) => id).toSorted()).toEqual([
    'aged-failed',
    'aged-recent',
  ]);
});

test('those of a saga that is kept for a shorter time are removed after that, and by the beginning of their ids', async () => {
  const brief = { name: 'brief', keptForMs: 300, steps: [{ name: 'run', run: async () => undefined }] };
  const other = { name: 'other', steps: brief.steps };
  await using sagas = openSagas({ url: server.url, executor: 'brief' }, [brief, other], {
    logger: silentLogger(),
    clock: systemClock,
    upkeepMs: 50,
  });
  await sagas.launched;
  for (const [name, id] of [
    ['brief', 'brief-1'],
    ['other', 'other-a-1'],
    ['other', 'other-ab-1'],
  ] as const) {
    await sagas.begin(name, id, {});
    expect(await sagas.outcome(id, 5_000)).toEqual({ status: 'done' });
  }
  const left = async () =>
    (await sagas.list({ limit: 200 })).map(({ id }) => id).filter((id) => /^(?:brief|other)/.test(id));
  await expect.poll(left, { timeout: 10_000 }).toEqual(['other-ab-1', 'other-a-1']);
  await sagas.forget('other-a-');
  expect(await left()).toEqual(['other-ab-1']);
});

test('those that another process carries out are listed with their steps, and neither retried, compensated nor resumed', async () => {
  let runs = 0;
  const fails = () => {
    runs += 1;
    throw upstreamFault('hotel.full', 'The hotel is full.');
  };
  const steps = [
    { name: 'pack', run: async () => undefined },
    { name: 'leave', run: fails },
  ];
  const attempts = { timeoutMs: 2_000, firstDelayMs: 10, limit: 1 };
  const ports = { logger: silentLogger(), clock: systemClock };
  {
    await using sagas = openSagas({ url: server.url, executor: 'mover' }, [{ name: 'removal-van', steps }], {
      ...ports,
      attempts,
    });
    await sagas.launched;
    await sagas.begin('removal-van', 'removal-van-1', {});
    expect(await sagas.outcome('removal-van-1', 5_000)).toMatchObject({ status: 'failed' });
  }
  const elsewhere = [{ name: 'removal-van', steps: ['pack', 'leave'], continued: 'Call the movers.' }];
  await using sagas = openSagas({ url: server.url, executor: 'watcher' }, [{ name: 'watch', steps }], {
    ...ports,
    elsewhere,
  });
  await sagas.launched;
  expect(await sagas.list({ status: 'failed', limit: 10 })).toEqual([
    expect.objectContaining({
      id: 'removal-van-1',
      saga: 'removal-van',
      completed: ['pack'],
      step: expect.objectContaining({ name: 'leave' }),
      failure: { code: 'hotel.full', message: 'The hotel is full.' },
      compensable: false,
    }),
  ]);
  const refused = { code: 'saga.elsewhere', status: 409, message: 'Call the movers.' };
  await expect(sagas.retry('removal-van-1')).rejects.toMatchObject(refused);
  await expect(sagas.compensate('removal-van-1')).rejects.toMatchObject(refused);
  expect(runs).toBe(1);
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
});

test('the version of the tables is that of the installed library', async () => {
  const require = createRequire(import.meta.url);
  const entry = require.resolve('@dbos-inc/dbos-sdk');
  const manifest = path.join(entry.slice(0, entry.lastIndexOf('/dist/')), 'package.json');
  expect(JSON.parse(await readFile(manifest, 'utf8'))).toMatchObject({ version: workflowVersion });
});
