import { beforeEach, expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import { MemoryState } from '#infra/shared-state/memory-state.ts';
import type { Transaction } from '#security/identity/transaction-token.ts';
import { DoneCalls } from '../tokens/done-calls.ts';
import { botOf, exchangeFor, guildOne, playerPath, tenantA } from './exchange.fixture.ts';
import { onceOnly } from './once-only.ts';

let clock: FakeClock;
let state: MemoryState;
let asked: number;
let away: boolean;
let one: DoneCalls;
let other: DoneCalls;

/** What two proxies share, counted, and taken away at will. */
beforeEach(() => {
  clock = new FakeClock();
  asked = 0;
  away = false;
  const fault = () => platformFault('shared-state.unavailable', 'away');
  state = new MemoryState(clock);
  const { knows, remember } = state;
  state.knows = async (key) => {
    asked += 1;
    if (away) throw fault();
    return knows.call(state, key);
  };
  state.remember = async (key, forMs) => {
    if (away) throw fault();
    return remember.call(state, key, forMs);
  };
  one = new DoneCalls(state, clock);
  other = new DoneCalls(state, clock);
});

const transaction = (txn: string): Transaction => ({
  txn,
  tenant: tenantA,
  scope: ['player.skip'],
  member: { kind: 'tenant-member', subject: 'discord:1' },
  expiresAtMs: clock.now() + 60_000,
});
async function call(doneCalls: DoneCalls, options: { txn?: string; method?: string; rest?: string } = {}) {
  const { txn = 'txn_1', method = 'POST', rest = '/skip' } = options;
  const path = playerPath(tenantA, guildOne, rest);
  const exchange = exchangeFor({ caller: botOf(tenantA), method, path, found: { transaction: transaction(txn) } });
  const verdict = await onceOnly.run(exchange, { doneCalls });
  return { done: () => exchange.whenDone?.(), outcome: verdict.passed ? 'pass' : verdict.denial.code };
}

test('what was done is refused at every proxy, until its token has expired', async () => {
  const first = await call(one);
  expect(first.outcome).toBe('pass');
  await first.done();
  expect((await call(one)).outcome).toBe('once-only.replayed');
  expect((await call(other)).outcome).toBe('once-only.replayed');
  expect((await call(other, { rest: '/stop' })).outcome).toBe('pass');
  expect((await call(other, { txn: 'txn_2' })).outcome).toBe('pass');
});

test('what was not done may be tried again, at any proxy', async () => {
  expect((await call(one)).outcome).toBe('pass');
  expect((await call(other)).outcome).toBe('pass');
});

test('a read asks nobody', async () => {
  const { outcome, done } = await call(one, { method: 'GET', rest: '' });
  expect(outcome).toBe('pass');
  await done();
  expect((await call(other, { method: 'GET', rest: '' })).outcome).toBe('pass');
  expect(asked).toBe(0);
});

test('no change is made while it cannot be known, and reads go on', async () => {
  away = true;
  expect((await call(one)).outcome).toBe('once-only.unavailable');
  expect((await call(one, { method: 'GET', rest: '' })).outcome).toBe('pass');
});

test('what was done while the state went away is refused here at once, and elsewhere once it is back', async () => {
  const { done } = await call(one);
  away = true;
  await done();
  expect((await call(one)).outcome).toBe('once-only.replayed');
  expect((await call(other)).outcome).toBe('once-only.unavailable');
  away = false;
  clock.advance(500);
  await Promise.resolve();
  expect((await call(other)).outcome).toBe('once-only.replayed');
});
