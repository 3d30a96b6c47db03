import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Backoff, backoffDelayMs } from './backoff.ts';

test('a delay doubles up to its limit, and jitter takes at most half of it away', () => {
  const backoff = { minMs: 200, maxMs: 60_000 };
  fc.assert(
    fc.property(fc.nat(1_000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const ceilingMs = Math.min(60_000, 200 * 2 ** attempt);
      const delayMs = backoffDelayMs(attempt, backoff, () => random);
      return delayMs >= Math.floor(ceilingMs / 2) && delayMs <= ceilingMs;
    }),
  );
  expect([0, 1, 2, 20].map((attempt) => backoffDelayMs(attempt, backoff, () => 1))).toEqual([200, 400, 800, 60_000]);
});

test('the waits of a loop grow until it succeeds, and then start over', () => {
  const backoff = new Backoff({ minMs: 100, maxMs: 400 });
  const next = () => backoff.nextMs();
  const waits = [next(), next(), next(), next()];
  expect(waits[0]).toBeLessThanOrEqual(100);
  expect(waits[1]).toBeGreaterThanOrEqual(100);
  expect(waits[3]).toBeGreaterThanOrEqual(200);
  expect(Math.max(...waits)).toBeLessThanOrEqual(400);
  backoff.reset();
  expect(next()).toBeLessThanOrEqual(100);
});
