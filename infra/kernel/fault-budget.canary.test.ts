import CircuitBreaker from 'opossum';
import { expect, test } from 'vitest';

/** What the breakers that count within a FaultBudget rely on within opossum, beyond its documentation. */
const relied = (what: string) =>
  `opossum ${what}: one tenant could open the breakers of gateway-proxy/proxy/relay/breaker.ts, gateway-proxy/discord-edge/budgets/egress.ts and services/audio/src/infrastructure/lavalink/breakers.ts to all`;

test('opossum asks its filter with what was fired, and while the trial that failed still is one', async () => {
  const asked: { readonly fired: unknown[]; readonly isTrial: boolean }[] = [];
  const breaker: CircuitBreaker<[string], void> = new CircuitBreaker(
    (_tenant: string) => Promise.reject(new Error('failed')),
    {
      volumeThreshold: 1,
      errorThresholdPercentage: 1,
      resetTimeout: 20,
      errorFilter: (_error: unknown, ...fired: unknown[]) => {
        asked.push({ fired, isTrial: breaker.halfOpen });
        return asked.length > 1;
      },
    },
  );
  await breaker.fire('one').catch(() => undefined);
  expect(breaker.opened).toBe(true);
  await expect.poll(() => breaker.halfOpen).toBe(true);
  await breaker.fire('other').catch(() => undefined);
  expect(asked[0]?.fired, relied('does not give its filter the arguments')).toEqual(['one']);
  expect(asked, relied('decides on a trial before it asks its filter')).toEqual([
    { fired: ['one'], isTrial: false },
    { fired: ['other'], isTrial: true },
  ]);
  expect(breaker.closed, relied('does not take what its filter lets pass for a success')).toBe(true);
  breaker.shutdown();
});
