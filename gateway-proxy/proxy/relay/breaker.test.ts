import { afterEach, describe, expect, it } from 'vitest';
import { AttemptFailed, Breaker, type AttemptFault } from './breaker.ts';

const settings = { volumeThreshold: 10, errorThresholdPercentage: 50, resetTimeoutMs: 20 };
let breaker: Breaker | undefined;
afterEach(() => breaker?.[Symbol.dispose]());

const open = () => {
  breaker = new Breaker('audio', settings);
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

  it('starts over with another process, to which late failures of the one before it are nothing', async () => {
    const audio = open();
    const late = Promise.withResolvers<void>();
    const attempt = audio.attempt(() => late.promise);
    await times(10, () => fail(audio, 'unreachable'));
    expect(audio.state).toBe('open');
    audio.startOver();
    expect(audio.state).toBe('closed');
    late.reject(new AttemptFailed('unreachable', 'a'));
    expect(await attempt).toBe('done');
    await times(9, () => fail(audio, 'unreachable'));
    expect(audio.state).toBe('closed');
    await fail(audio, 'unreachable');
    expect(audio.state).toBe('open');
  });

  it.each(['timeout', 'server-error', 'broken-off'] as const)(
    "opens on a %s for many tenants, but not for one tenant alone, whatever share of the calls is that tenant's",
    async (fault) => {
      const audio = open();
      await times(50, () => fail(audio, fault, 'one'));
      expect(audio.state).toBe('closed');
      expect(await audio.attempt(async () => undefined)).toBe('done');
      breaker?.[Symbol.dispose]();
      const other = open();
      await times(20, (index) => fail(other, fault, `tenant ${index}`));
      expect(other.state).toBe('open');
    },
  );

  it('is not kept open by one tenant that makes each of its trials, and fails', async () => {
    const audio = open();
    await times(20, (index) => fail(audio, 'timeout', `tenant ${index}`));
    for (const then of ['open', 'closed']) {
      await expect.poll(() => audio.state).toBe('half-open');
      await fail(audio, 'timeout', 'one');
      expect(audio.state).toBe(then);
    }
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

  it('hands on a fault that is nobody’s failed attempt', async () => {
    const audio = open();
    await expect(audio.attempt(() => Promise.reject(new TypeError('a bug')))).rejects.toThrow('a bug');
  });
});
