import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { AttemptFailed, Breaker, type AttemptFault } from './breaker.ts';

const settings = { volumeThreshold: 10, errorThresholdPercentage: 50, resetTimeoutMs: 20 };
let breaker: Breaker | undefined;
afterEach(() => breaker?.[Symbol.dispose]());

const open = () => {
  breaker = new Breaker('audio', new FakeClock(), settings);
  return breaker;
};
const fail = (of: Breaker, fault: AttemptFault, tenant = 'a') =>
  of.attempt(async () => {
    throw new AttemptFailed(fault, tenant);
  });
const times = async (count: number, run: (index: number) => Promise<unknown>) => {
  for (let index = 0; index < count; index += 1) await run(index);
};

describe('a breaker', () => {
  it('opens when an upstream cannot be reached, makes no attempt then, and closes after one that works', async () => {
    const audio = open();
    await times(10, () => fail(audio, 'unreachable'));
    expect(audio.state).toBe('open');
    let attempts = 0;
    expect(await audio.attempt(async () => void (attempts += 1))).toBe('open');
    expect(attempts).toBe(0);
    await expect.poll(() => audio.state).toBe('half-open');
    expect(await audio.attempt(async () => undefined)).toBe('done');
    expect(audio.state).toBe('closed');
  });

  it("opens on many tenants' time-outs, but not on one tenant's alone", async () => {
    const audio = open();
    await times(50, () => fail(audio, 'timeout', 'one'));
    expect(audio.state).toBe('closed');
    breaker?.[Symbol.dispose]();
    const other = open();
    await times(20, (index) => fail(other, 'timeout', `tenant ${index}`));
    expect(other.state).toBe('open');
  });

  it('does not open on what too few attempts say', async () => {
    const audio = open();
    await times(8, () => fail(audio, 'unreachable'));
    expect(audio.state).toBe('closed');
  });

  it('never opens because callers hang up', async () => {
    const audio = open();
    await times(50, () => fail(audio, 'abort'));
    expect(audio.state).toBe('closed');
  });

  it("opens on many tenants' server errors, but not on one tenant's alone", async () => {
    const audio = open();
    await times(50, () => fail(audio, 'server-error', 'one'));
    expect(audio.state).toBe('closed');
    breaker?.[Symbol.dispose]();
    const other = open();
    await times(20, (index) => fail(other, 'server-error', `tenant ${index}`));
    expect(other.state).toBe('open');
  });

  it('hands on a fault that is nobody’s failed attempt', async () => {
    const audio = open();
    await expect(audio.attempt(() => Promise.reject(new TypeError('a bug')))).rejects.toThrow('a bug');
  });
});
