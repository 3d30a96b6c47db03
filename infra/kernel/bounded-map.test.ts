import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
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

test('holds what a map does of which the first entry is deleted when it is full', () => {
  const operation = fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('set'), key: fc.nat(12) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('delete'), key: fc.nat(12) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('clear'), key: fc.constant(0) }) },
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.array(operation, { maxLength: 200 }), (most, operations) => {
      const map = new BoundedMap<number, number>(most);
      const plain = new Map<number, number>();
      for (const [at, { do: what, key }] of operations.entries()) {
        if (what === 'clear') [map, plain].forEach((each) => each.clear());
        if (what === 'delete') expect(map.delete(key)).toBe(plain.delete(key));
        if (what === 'set') {
          map.set(key, at);
          plain.delete(key);
          const [oldest] = plain.keys();
          if (plain.size >= most && oldest !== undefined) plain.delete(oldest);
          plain.set(key, at);
        }
        expect(map.size).toBe(plain.size);
        for (let each = 0; each <= 12; each += 1) expect(map.get(each, 0)).toBe(plain.get(each));
      }
    }),
  );
});

test('a large map that is full does not look for its oldest entry from the start each time', () => {
  const size = 20_000;
  const map = new BoundedMap<number, number>(size);
  let key = 0;
  for (; key < size; key += 1) map.set(key, key);
  // A new iterator passes every entry that was deleted before the oldest.
  const begun = (['keys', 'values', 'entries'] as const).map((name) => vi.spyOn(Map.prototype, name));
  for (; key < size + 1_000; key += 1) map.set(key, key);
  const iterators = begun.flatMap(({ mock }) => mock.calls).length;
  vi.restoreAllMocks();
  expect(iterators).toBeLessThan(10);
  expect([map.get(999, 0), map.get(1_000, 0)]).toEqual([undefined, 1_000]);
});

test('keeps nothing that it has deleted, also when it was full once and is not any more', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const mib = () => {
    collect();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const map = new BoundedMap<number, number[]>(100);
  for (let key = 0; key <= 100; key += 1) map.set(key, []);
  map.deleteWhere(() => true);
  const before = mib();
  for (let nowMs = 1_000; nowMs < 20_000; nowMs += 1) {
    map.get(nowMs, nowMs);
    map.set(
      nowMs,
      Array.from({ length: 1_000 }, () => nowMs),
      nowMs + 10,
    );
  }
  expect(mib() - before).toBeLessThan(10);
  expect(map.size).toBeLessThan(100);
});
