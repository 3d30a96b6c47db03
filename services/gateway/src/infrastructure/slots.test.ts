import { expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { createPace } from './pace.ts';
import { createSlots } from './slots.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('so many things happen at once, the others in their order, whether or not one fails', async () => {
  const slots = createSlots(2);
  const begun: number[] = [];
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const all = ends.map(({ promise }, index) =>
    slots.run(() => {
      begun.push(index);
      return promise;
    }),
  );
  const settled = Promise.allSettled(all);
  await turn();
  expect(begun).toEqual([0, 1]);
  ends[1]?.reject(new Error('failed'));
  await turn();
  expect(begun).toEqual([0, 1, 2]);
  for (const end of ends) end.resolve();
  expect((await settled).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
});

test('what is aborted while it waits is not done, and takes nobody else’s place', async () => {
  const slots = createSlots(1);
  const first = Promise.withResolvers<void>();
  const stop = new AbortController();
  const done: string[] = [];
  const running = slots.run(() => first.promise);
  const aborted = slots.run(async () => done.push('aborted'), stop.signal);
  const next = slots.run(async () => done.push('next'));
  stop.abort(new Error('too late'));
  await expect(aborted).rejects.toThrow('too late');
  first.resolve();
  await Promise.all([running, next]);
  expect(done).toEqual(['next']);
  await slots.run(async () => done.push('last'));
  expect(done).toEqual(['next', 'last']);
});

test('calls go out in a burst, then at their rate, and in a burst again after a rest', async () => {
  const clock = new FakeClock();
  const pace = createPace({ perSec: 10, burst: 3 }, clock);
  const { signal } = new AbortController();
  let out = 0;
  const call = () => void pace(signal).then(() => (out += 1));
  for (let index = 0; index < 6; index += 1) call();
  await turn();
  expect(out).toBe(3);
  clock.advance(100);
  await turn();
  expect(out).toBe(4);
  clock.advance(10_000);
  await turn();
  expect(out).toBe(6);
  for (let index = 0; index < 6; index += 1) call();
  await turn();
  expect(out).toBe(9);
});
