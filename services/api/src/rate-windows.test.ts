import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { MemoryCounts, type CountsInMemory } from '#infra/shared-state/memory-counts.ts';
import type { SharedCounts } from '#infra/shared-state/shared-counts.ts';
import { RateWindows } from './rate-windows.ts';

/** What apis beside each other count together. */
const windowMs = 60_000;
const quota = 100;
let clock: FakeClock;
let all: CountsInMemory;
let stack: DisposableStack;
let away: Set<string>;

beforeEach(() => {
  clock = new FakeClock();
  all = new Map();
  away = new Set();
  stack = new DisposableStack();
});
afterEach(() => stack.dispose());

function api(name: string): RateWindows {
  const memory = new MemoryCounts(clock, name, all);
  const counts: SharedCounts = {
    isShared: true,
    exchange: async (statements) => {
      if (away.has(name)) throw new Error('away');
      return memory.exchange(statements);
    },
    health: memory.health,
    [Symbol.asyncDispose]: () => memory[Symbol.asyncDispose](),
  };
  return stack.use(new RateWindows({ windowMs, counts, clock }));
}
const settle = async () => {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
};
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    await settle();
    clock.advance(1_000);
  }
  await settle();
}
/** How many of so many requests are within the quota. */
const admitted = (at: RateWindows, requests: number, owner = 'robin'): number =>
  Array.from({ length: requests }, () => at.take(owner)).filter(({ used }) => used <= quota).length;

test('an api without others counts by itself, and each window begins with the first request in it', () => {
  const alone = stack.use(new RateWindows({ windowMs, counts: new MemoryCounts(clock, 'only'), clock }));
  expect(alone.together).toBe(false);
  clock.advance(5_000);
  expect(alone.take('robin')).toEqual({ used: 1, endsAtMs: clock.now() + windowMs });
  clock.advance(windowMs - 1);
  expect(alone.take('robin').used).toBe(2);
  clock.advance(1);
  expect(alone.take('robin')).toEqual({ used: 1, endsAtMs: clock.now() + windowMs });
  expect(alone.take('dana').used).toBe(1);
});

test.each([1, 2, 3])('%i apis together admit what one would, spread evenly over a minute', async (count) => {
  const apis = Array.from({ length: count }, (_, index) => api(`api ${index}`));
  await settle();
  let total = 0;
  for (let second = 0; second < 59; second += 1) {
    for (const each of apis) total += admitted(each, 12 / count);
    await pass(1);
  }
  // 12 in the second in which the others have not heard yet.
  expect(total).toBeGreaterThanOrEqual(quota);
  expect(total).toBeLessThanOrEqual(quota + 12);
});

test('what is asked for at one api counts at the other as soon as a window begins there', async () => {
  const [one, other] = [api('one'), api('other')];
  await settle();
  expect(admitted(one, quota)).toBe(quota);
  await pass(1);
  // The first request in the window of the other one.
  other.take('robin');
  await settle();
  expect(admitted(other, 10)).toBe(0);
  expect(admitted(other, 10, 'dana')).toBe(10);
});

test('all of them end a window together, when the first does', async () => {
  const [one, other] = [api('one'), api('other')];
  await settle();
  const { endsAtMs } = one.take('robin');
  await pass(40);
  other.take('robin');
  await pass(1);
  expect(other.take('robin')).toEqual({ used: 3, endsAtMs });
  clock.advance(endsAtMs - clock.now());
  await settle();
  expect(other.take('robin').used).toBe(1);
});

test('a whole flood at each api exceeds the quota once for each other api, and not again', async () => {
  const apis = ['one', 'two', 'three'].map(api);
  await settle();
  const flood = () => apis.reduce((sum, each) => sum + admitted(each, 1_000), 0);
  expect(flood()).toBe(3 * quota);
  for (let second = 0; second < 58; second += 1) {
    await pass(1);
    expect(flood()).toBe(0);
  }
});

test('nothing is kept aside for an api that stands still, and what it has counted stays counted', async () => {
  const [stopped, other] = [api('stopped'), api('other')];
  await settle();
  admitted(stopped, 30);
  await pass(1);
  away.add('stopped');
  await pass(10);
  // The first request at the other one asks.
  let total = admitted(other, 1);
  await settle();
  total += admitted(other, quota);
  expect(total).toBe(quota - 30);
  await pass(1);
  // What it knows is old, so it asks with the first request.
  away.delete('stopped');
  admitted(stopped, 1);
  await settle();
  expect(admitted(stopped, quota)).toBe(0);
  await pass(60);
  expect(admitted(other, quota)).toBe(quota);
});

test('without the others an api says so, and what it has counted meanwhile is said afterwards', async () => {
  const [one, other] = [api('one'), api('other')];
  await pass(1);
  expect(one.together).toBe(true);
  away.add('one');
  await pass(4);
  expect(one.together).toBe(false);
  expect(other.together).toBe(true);
  admitted(one, 60);
  await pass(3);
  away.delete('one');
  await pass(1);
  expect(one.together).toBe(true);
  other.take('robin');
  await settle();
  expect(admitted(other, quota)).toBe(quota - 61);
});
