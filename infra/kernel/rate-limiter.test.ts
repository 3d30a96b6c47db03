import { expect, it } from 'vitest';
import { RateLimiter, TokenBucket } from './rate-limiter.ts';

it('lets a burst through at once, then the sustained rate', () => {
  const limiter = new RateLimiter({ perSec: 10, burst: 3 }, 10);
  const taken = (nowMs: number) => limiter.take('a', nowMs) === 0;
  expect([taken(0), taken(0), taken(0), taken(0)]).toEqual([true, true, true, false]);
  expect([taken(99), taken(100), taken(100)]).toEqual([false, true, false]);
  expect([taken(10_000), taken(10_000), taken(10_000), taken(10_000)]).toEqual([true, true, true, false]);
});

it('says how long to wait, and that is enough', () => {
  const limiter = new RateLimiter({ perSec: 4, burst: 1 }, 10);
  expect(limiter.take('a', 1_000)).toBe(0);
  const waitMs = limiter.take('a', 1_000);
  expect(waitMs).toBe(250);
  expect(limiter.wait('a', 1_000)).toBe(250);
  expect(limiter.take('a', 1_000 + waitMs)).toBe(0);
});

it("takes nothing from B when A's bucket is empty", () => {
  const limiter = new RateLimiter({ perSec: 1, burst: 1 }, 10);
  limiter.take('a', 0);
  expect(limiter.take('a', 0)).toBeGreaterThan(0);
  expect(limiter.take('b', 0)).toBe(0);
});

it('does not grow beyond its bound', () => {
  const limiter = new RateLimiter({ perSec: 1, burst: 1 }, 2);
  for (const key of ['a', 'b', 'c']) limiter.take(key, 0);
  expect(limiter.take('c', 0)).toBeGreaterThan(0);
  expect(limiter.take('a', 0)).toBe(0);
});

it('of one thing: a burst at once, then the sustained rate, and never more than a burst', () => {
  let nowMs = 5_000;
  const bucket = new TokenBucket({ perSec: 2, burst: 3 }, () => nowMs);
  const taken = (count: number) => Array.from({ length: count }, () => bucket.take()).filter(Boolean).length;
  expect(taken(10)).toBe(3);
  nowMs += 499;
  expect(taken(10)).toBe(0);
  nowMs += 1;
  expect(taken(10)).toBe(1);
  nowMs += 60_000;
  expect(taken(10)).toBe(3);
});

it('of one thing: tokens taken before they are there come one after the other at the sustained rate', () => {
  let nowMs = 5_000;
  const bucket = new TokenBucket({ perSec: 10, burst: 2 }, () => nowMs);
  expect(Array.from({ length: 6 }, () => bucket.reserve())).toEqual([0, 0, 100, 200, 300, 400]);
  nowMs += 350;
  expect(bucket.take()).toBe(false);
  expect(bucket.reserve()).toBe(150);
  nowMs += 60_000;
  expect([bucket.reserve(), bucket.reserve(), bucket.reserve()]).toEqual([0, 0, 100]);
});
