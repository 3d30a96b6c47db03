import { expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { followStream } from './follow-stream.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A stream that yields its script, then ends or breaks. */
async function* scripted(values: readonly unknown[], error?: Error): AsyncGenerator<unknown> {
  yield* values;
  if (error) throw error;
}

test('opens a stream again with growing delays, and with the shortest again once something came', async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const heard: unknown[] = [];
  const delays: number[] = [];
  const scripts = [
    () => scripted([], new Error('refused')),
    () => scripted([], new Error('refused')),
    () => scripted(['a']),
    () => scripted(['b']),
  ];
  let opened = 0;
  const over = followStream({
    open: () => (scripts[opened++] ?? (() => scripted([])))(),
    handle: (value) => heard.push(value),
    lost: (_error, retryInMs) => delays.push(retryInMs),
    clock,
    signal: stop.signal,
  });
  for (let count = 0; count < 4; count += 1) {
    await turn();
    clock.advance(delays.at(-1) ?? 0);
  }
  await turn();
  expect(heard).toEqual(['a', 'b']);
  const [first = 0, second = 0, third = 0] = delays;
  expect(first).toBeGreaterThanOrEqual(100);
  expect(first).toBeLessThanOrEqual(200);
  expect(second).toBeGreaterThanOrEqual(200);
  expect(third).toBeLessThanOrEqual(200);
  stop.abort();
  await over;
  expect(opened).toBeGreaterThanOrEqual(4);
});

test('ends when it is aborted, also while it waits', async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  let opened = 0;
  const over = followStream({
    open: () => {
      opened += 1;
      return scripted([]);
    },
    handle: () => undefined,
    lost: () => undefined,
    clock,
    signal: stop.signal,
  });
  await turn();
  stop.abort();
  await over;
  clock.advance(60_000);
  await turn();
  expect(opened).toBe(1);
});

test('does not take a stream for well whose values cannot be handled', async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const delays: number[] = [];
  const over = followStream({
    open: () => scripted(['nonsense']),
    handle: () => {
      throw new Error('not understood');
    },
    lost: (_error, retryInMs) => delays.push(retryInMs),
    clock,
    signal: stop.signal,
  });
  for (let count = 0; count < 5; count += 1) {
    await turn();
    clock.advance(3_000);
  }
  await turn();
  expect(delays.at(-1)).toBeGreaterThanOrEqual(750);
  stop.abort();
  await over;
});
