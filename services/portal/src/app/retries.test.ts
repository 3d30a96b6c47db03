import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Problem, unreachable } from '../api/problem.ts';
import { Retries } from './retries.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A screen with one query to a platform that answers once `answers` is set. */
function screen() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const platform = { answers: false, awake: true, probes: 0, refusal: unreachable() };
  const answer = () => (platform.answers ? Promise.resolve('there') : Promise.reject(platform.refusal));
  const retries = new Retries(client, {
    probe: () => {
      platform.probes += 1;
      return answer();
    },
    unanswered: () => undefined,
    isAwake: () => platform.awake,
    now: Date.now,
  });
  const observer = new QueryObserver(client, { queryKey: ['shown'], queryFn: answer });
  const leave = observer.subscribe(() => undefined);
  return { client, platform, retries, observer, leave };
}
const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

test('asks for as long as the screen is there, with growing pauses, and says when it asks next', async () => {
  const { platform, retries, observer } = screen();
  await settle();
  expect(retries.state).toEqual({ kind: 'waiting', nextAtMs: Date.now() + 3_000, isOld: false });
  await settle(3_000);
  expect(retries.state).toEqual({ kind: 'waiting', nextAtMs: Date.now() + 6_000, isOld: false });
  await settle(60 * 60_000);
  expect(platform.probes).toBeGreaterThan(55);
  expect(platform.probes).toBeLessThan(70);
  expect(observer.getCurrentResult().status).toBe('error');
  platform.answers = true;
  await settle(60_000);
  expect(observer.getCurrentResult().data).toBe('there');
  expect(retries.state).toMatchObject({ kind: 'well' });
});

test('asks at once when it is told to, and begins with short pauses after it was well', async () => {
  const { client, platform, retries, observer } = screen();
  await settle(40_000);
  platform.answers = true;
  retries.now();
  expect(retries.state).toMatchObject({ kind: 'asking' });
  await settle();
  expect(observer.getCurrentResult().data).toBe('there');
  platform.answers = false;
  await client.refetchQueries();
  await settle();
  expect(retries.state).toEqual({ kind: 'waiting', nextAtMs: Date.now() + 3_000, isOld: true });
});

test('asks nothing while nobody looks, and nothing for a screen that was left', async () => {
  const { platform, retries, leave } = screen();
  platform.awake = false;
  await settle(60 * 60_000);
  expect(platform.probes).toBe(0);
  expect(retries.state).toMatchObject({ kind: 'resting' });
  platform.awake = true;
  retries.now();
  await settle();
  expect(platform.probes).toBe(1);
  leave();
  await settle(60 * 60_000);
  expect(platform.probes).toBeLessThan(3);
  expect(retries.state).toMatchObject({ kind: 'well' });
});

test('does not ask again for what was refused', async () => {
  const { platform, retries } = screen();
  await settle();
  platform.refusal = new Problem({ status: 403, code: 'api.denied', title: 'Not for you.' });
  await settle(3_000);
  expect(platform.probes).toBe(1);
  await settle(60_000);
  expect(platform.probes).toBe(1);
  expect(retries.state).toMatchObject({ kind: 'well' });
});
