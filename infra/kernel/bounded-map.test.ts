import { expect, test } from 'vitest';
import { BoundedMap } from './bounded-map.ts';

const limit = 10_000;

test('holds what is good, not what was: whatever their lives, entries past their time are let go', () => {
  const map = new BoundedMap<number, number>(limit);
  let most = 0;
  for (let nowMs = 0; nowMs < 50_000; nowMs += 1) {
    map.get(nowMs, nowMs);
    // One in ten lives ten times as long: it must not keep those that came after it.
    map.set(nowMs, nowMs, nowMs + (nowMs % 10 === 0 ? 1_000 : 100));
    most = Math.max(most, map.size);
  }
  // 190 are valid at any time.
  expect(most).toBeLessThan(600);
  expect(map.get(49_999, 49_999)).toBe(49_999);
});

test('keeps what has no end of time up to its limit, and forgets the oldest then', () => {
  const map = new BoundedMap<number, number>(3);
  for (const key of [1, 2, 3, 4]) map.set(key, key);
  expect([1, 2, 3, 4].map((key) => map.get(key, 1_000_000))).toEqual([undefined, 2, 3, 4]);
  map.set(2, 20);
  map.set(5, 5);
  expect([2, 3, 4, 5].map((key) => map.get(key, 0))).toEqual([20, undefined, 4, 5]);
});

test('gives back nothing whose time is over, and goes on after it was cleared', () => {
  const map = new BoundedMap<string, number>(10);
  map.set('a', 1, 100);
  expect(map.get('a', 99)).toBe(1);
  expect(map.get('a', 100)).toBeUndefined();
  map.set('b', 2, 300);
  map.clear();
  for (let key = 0; key < 100; key += 1) map.set(String(key), key, 300);
  expect(map.size).toBe(10);
  map.deleteWhere((value) => value < 95);
  expect(map.size).toBe(5);
});
