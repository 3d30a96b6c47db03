import { expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { TokenBucket } from '#infra/kernel/rate-limiter.ts';
import { createPace } from './pace.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('calls go out in a burst, then at their rate, and in a burst again after a rest', async () => {
  const clock = new FakeClock();
  const pace = createPace(new TokenBucket({ perSec: 10, burst: 3 }, () => clock.now()), clock);
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
