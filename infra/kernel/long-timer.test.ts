import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from './clock.ts';
import { setLongTimeout } from './long-timer.ts';

const dayMs = 86_400_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test.each([0, 1_000, 2 ** 31 - 1, 2 ** 31, 100 * dayMs])('fires after %d ms, and not before', (delayMs) => {
  let fired = 0;
  setLongTimeout(() => void (fired += 1), delayMs);
  if (delayMs > 0) vi.advanceTimersByTime(delayMs - 1);
  expect(fired).toBe(0);
  vi.advanceTimersByTime(1);
  expect(fired).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

test('never fires once cancelled, however often it has waited already, nor after an endless delay', () => {
  const run = vi.fn<() => void>();
  const cancel = setLongTimeout(run, 100 * dayMs);
  vi.advanceTimersByTime(60 * dayMs);
  cancel();
  const cancelEndless = systemClock.after(Infinity, run);
  vi.advanceTimersByTime(100 * dayMs);
  expect(run).not.toHaveBeenCalled();
  cancelEndless();
  expect(vi.getTimerCount()).toBe(0);
});
