import { expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { NodeTime } from './node-time.ts';

test('a message counts for when it was sent, however the clocks differ', () => {
  const clock = new FakeClock(1_000_000);
  const time = new NodeTime(clock);
  const node = (nodeMs: number) => time.ours(nodeMs + 5_555_000);
  expect(node(1_000_000)).toBe(1_000_000);
  clock.advance(30_000);
  expect(node(1_005_000)).toBe(1_005_000);
  expect(node(1_030_000)).toBe(1_030_000);
});

test('a first message that was late is put right by the next', () => {
  const clock = new FakeClock(1_000_000);
  const time = new NodeTime(clock);
  expect(time.ours(997_000)).toBe(1_000_000);
  clock.advance(5_000);
  expect(time.ours(1_005_000)).toBe(1_005_000);
  clock.advance(1_000);
  expect(time.ours(1_004_000)).toBe(1_004_000);
});

test('nothing is ever in the future, and a node that sets its clock is believed again', () => {
  const clock = new FakeClock(1_000_000);
  const time = new NodeTime(clock);
  expect(time.ours(1_000_000)).toBe(1_000_000);
  expect(time.ours(9_000_000)).toBe(1_000_000);
  expect(time.ours(100_000)).toBe(1_000_000);
});
