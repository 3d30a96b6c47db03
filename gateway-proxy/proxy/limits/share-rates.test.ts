import { expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { MemoryState } from '#infra/shared-state/memory-state.ts';
import type { SharedState, Spending } from '#infra/shared-state/shared-state.ts';
import { createLimits, limitsSchema } from './limits.ts';
import { shareEveryMs, shareRates } from './share-rates.ts';

const rate = { perSec: 50, burst: 150 };
const key = `${newTenantId()} bot`;

/** Proxies beside each other on one state. */
function setUp(count: number, change: (state: MemoryState) => SharedState = (state) => state) {
  const clock = new FakeClock();
  const sharedState = change(new MemoryState(clock));
  const proxies = Array.from({ length: count }, () => {
    const limits = createLimits(limitsSchema.parse({ tenant: rate }));
    shareRates(limits, { sharedState, clock });
    return limits.tenant;
  });
  const passMs = async (ms: number) => {
    clock.advance(ms);
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  /** How many of as many calls as possible the proxies admit, every 10 ms, `wanted` at each. */
  const admitted = async (ms: number, wanted: number): Promise<number> => {
    let total = 0;
    for (let passed = 0; passed < ms; passed += 10) {
      for (const proxy of proxies)
        for (let call = 0; call < wanted; call += 1) if (proxy.take(key, clock.now()) === 0) total += 1;
      await passMs(10);
    }
    return total;
  };
  return { clock, proxies, passMs, admitted };
}

/** Above what one proxy would admit, others can admit this much, and no more however long it goes on. */
const overshoot = (proxies: number) => (proxies - 1) * (rate.burst + (rate.perSec * shareEveryMs) / 1000);

test.each([1, 2, 3, 5])('%i proxies together keep to one rate, but for a bounded start', async (count) => {
  const { admitted } = setUp(count);
  const alone = (ms: number) => rate.burst + (rate.perSec * ms) / 1000;
  const first = await admitted(10_000, 200);
  expect(first).toBeLessThanOrEqual(alone(10_000) + overshoot(count));
  expect(first).toBeGreaterThanOrEqual(alone(10_000) - 10);
  const second = await admitted(30_000, 200);
  // The overshoot is not repeated, and what is admitted too early is missing later.
  expect(second).toBeLessThanOrEqual((rate.perSec * 30_000) / 1000 + count * 10);
  expect(second).toBeGreaterThan((rate.perSec * 30_000) / 1000 / 2);
});

test('a slow caller gets its whole rate at whichever proxy', async () => {
  const { clock, proxies, passMs } = setUp(2);
  for (let call = 0; call < 400; call += 1) {
    expect(proxies[call % 2]?.take(key, clock.now())).toBe(0);
    await passMs(25);
  }
});

test('what one proxy admitted counts at the other after the next exchange', async () => {
  const { clock, proxies, passMs } = setUp(2);
  const [one, other] = proxies;
  for (let call = 0; call < rate.burst; call += 1) expect(one?.take(key, clock.now())).toBe(0);
  expect(other?.take(key, clock.now())).toBe(0);
  await passMs(shareEveryMs);
  expect(other?.take(key, clock.now())).toBeGreaterThan(0);
});

test('each proxy limits by itself while the state is unavailable, and together again after', async () => {
  let away = true;
  const { admitted, passMs } = setUp(2, (state) =>
    Object.assign(state, {
      spend: (spendings: readonly Spending[]) =>
        away
          ? Promise.reject(platformFault('shared-state.unavailable', 'away'))
          : MemoryState.prototype.spend.call(state, spendings),
    }),
  );
  expect(await admitted(1_000, 200)).toBe(2 * (rate.burst + rate.perSec) - 2 * 1);
  away = false;
  await passMs(10_000);
  await admitted(4_000, 200);
  expect(await admitted(10_000, 200)).toBeLessThanOrEqual(rate.perSec * 10 + 20);
});
