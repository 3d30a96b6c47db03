import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { createLogger } from '#infra/logger/logger.ts';
import type { HealthCause } from '#infra/observability/health.ts';
import { watchCustodian, type CustodianWatch } from './custodian-watch.ts';

/** What health says of a custodian over time. */
let clock: FakeClock;
let says: Omit<HealthCause, 'name'>;
let looks: number;
let logged: Record<string, unknown>[];
let watch: CustodianWatch;

const works = { status: 'healthy' } as const;
const sealed = { status: 'degraded', state: 'sealed', detail: 'it is sealed' } as const;
const settled = () => new Promise((resolve) => setImmediate(resolve));
/** Lets the next look happen without anybody asking. */
const pass = async (byMs: number): Promise<void> => {
  for (let left = byMs; left > 0; left -= 10_000) {
    clock.advance(Math.min(left, 10_000));
    await settled();
  }
};

beforeEach(async () => {
  clock = new FakeClock(Date.UTC(2026, 0, 1));
  says = works;
  looks = 0;
  logged = [];
  const log = new Writable({
    write: (line: Buffer, _encoding, done) => (logged.push(JSON.parse(String(line)) as never), done()),
  });
  const health = async () => {
    looks += 1;
    return says;
  };
  watch = watchCustodian({ health }, { clock, logger: createLogger('test', 'info', log) });
  await settled();
});
afterEach(() => watch[Symbol.dispose]());

test('says since when a state lasts, although nobody asked when it began', async () => {
  await pass(60_000);
  says = sealed;
  await pass(30_000);
  expect(await watch.health()).toEqual({ ...sealed, since: '2026-01-01T00:01:10.000Z' });
  says = works;
  await pass(20_000);
  expect(await watch.health()).toEqual({ ...works, state: 'works', since: '2026-01-01T00:01:40.000Z' });
});

test('says what is the case when it is asked, not what was at the last look', async () => {
  clock.advance(4_000);
  says = sealed;
  expect(await watch.health()).toEqual({ ...sealed, since: '2026-01-01T00:00:04.000Z' });
});

test('a state other than these is none', async () => {
  says = { status: 'degraded', state: 'confused', detail: 'the sign-in ends soon' };
  expect(await watch.health()).toMatchObject({ status: 'degraded', state: 'works' });
});

test('logs each change once, with how long the keys could not be used', async () => {
  await pass(30_000);
  expect(logged).toEqual([]);
  says = sealed;
  await pass(60_000);
  says = works;
  await pass(30_000);
  expect(logged).toMatchObject([
    { state: 'sealed', detail: 'it is sealed', msg: 'the keys cannot be used' },
    { awayMs: 60_000, msg: 'the keys can be used again' },
  ]);
});

test('asks once for all who ask at the same time, and not at all once it has ended', async () => {
  const before = looks;
  await Promise.all([watch.health(), watch.health(), watch.health()]);
  expect(looks).toBe(before + 1);
  watch[Symbol.dispose]();
  await pass(60_000);
  expect(looks).toBe(before + 1);
  expect(clock.dueInMs()).toEqual([]);
});
