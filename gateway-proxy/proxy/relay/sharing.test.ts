import { expect, it } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { Sharing } from './sharing.ts';

it('quick reads share connections until one is not answered in time, and again half a minute after the last that was not', () => {
  const clock = new FakeClock();
  const sharing = new Sharing(clock);
  expect(sharing.allowed).toBe(true);
  sharing.pause();
  clock.advance(20_000);
  sharing.pause();
  clock.advance(29_999);
  expect(sharing.allowed).toBe(false);
  clock.advance(1);
  expect(sharing.allowed).toBe(true);
});
