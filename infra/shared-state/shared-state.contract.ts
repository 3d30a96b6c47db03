import { describe, expect, test } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import type { SharedState } from './shared-state.ts';

/** The state under test as two replicas have it. */
export interface SharedStateUnderTest {
  readonly one: SharedState;
  readonly other: SharedState;
  /** Lets time pass. */
  readonly passMs: (ms: number) => Promise<void>;
}

const rate = { perSec: 10, burst: 20 };

/** The contract of every shared state; each adapter runs it against the real thing. */
export function describeSharedState(name: string, open: () => Promise<SharedStateUnderTest>): void {
  describe(`the contract of shared state, kept by ${name}`, () => {
    test('a replica knows what another remembered, for as long as it said', async () => {
      const { one, other, passMs } = await open();
      const key = { tenant: newTenantId(), name: 'a call' };
      expect(await other.knows(key)).toBe(false);
      await one.remember(key, 300);
      expect(await one.knows(key)).toBe(true);
      expect(await other.knows(key)).toBe(true);
      await passMs(350);
      expect(await other.knows(key)).toBe(false);
    });

    test('tells names, tenants and the platform apart', async () => {
      const { one } = await open();
      const tenant = newTenantId();
      await one.remember({ tenant, name: 'a' }, 60_000);
      expect(await one.knows({ tenant, name: 'b' })).toBe(false);
      expect(await one.knows({ tenant: newTenantId(), name: 'a' })).toBe(false);
      expect(await one.knows({ name: 'a' })).toBe(false);
    });

    test('adds up what replicas take from a bucket, and fills it again', async () => {
      const { one, other, passMs } = await open();
      const key = { tenant: newTenantId(), name: 'a rate', rate };
      const [first = 0] = await one.spend([{ ...key, count: 3 }]);
      expect(first).toBeGreaterThan(250);
      expect(first).toBeLessThanOrEqual(300);
      const [both = 0] = await other.spend([{ ...key, count: 10 }]);
      expect(both).toBeGreaterThan(1_000);
      expect(both).toBeLessThanOrEqual(1_300);
      await passMs(1_400);
      const [later = 0] = await one.spend([{ ...key, count: 1 }]);
      expect(later).toBeGreaterThan(50);
      expect(later).toBeLessThanOrEqual(100);
    });

    test('takes from many buckets at once, in their order', async () => {
      const { one } = await open();
      const many = Array.from({ length: 450 }, (_, index) => ({ name: `many ${index}`, rate, count: index + 1 }));
      const debts = await one.spend(many);
      expect(debts).toHaveLength(450);
      for (const index of [0, 199, 200, 449]) {
        const wholeMs = (index + 1) * 100;
        expect(debts[index]).toBeLessThanOrEqual(wholeMs);
        expect(debts[index]).toBeGreaterThan(wholeMs - 90);
      }
    });
  });
}
