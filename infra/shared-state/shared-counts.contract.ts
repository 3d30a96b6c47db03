import { describe, expect, test } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import type { SharedCounts } from './shared-counts.ts';

/** Counts under test as two replicas have them. */
export interface SharedCountsUnderTest {
  readonly one: SharedCounts;
  readonly other: SharedCounts;
  /** Lets time pass. */
  readonly passMs: (ms: number) => Promise<void>;
}

/** The contract of every way to count together; each adapter runs it against the real thing. */
export function describeSharedCounts(name: string, open: () => Promise<SharedCountsUnderTest>): void {
  describe(`the contract of shared counts, kept by ${name}`, () => {
    test('a replica hears what the others count, and not what it counts itself', async () => {
      const { one, other } = await open();
      const key = { tenant: newTenantId(), name: 'streams', forMs: 60_000 };
      expect(await one.exchange([{ ...key, counts: [3, 0, 7] }])).toEqual([[]]);
      expect(await other.exchange([{ ...key, counts: [1] }])).toEqual([[[3, 0, 7]]]);
      expect(await one.exchange([{ ...key, counts: [4] }])).toEqual([[[1]]]);
      expect(await other.exchange([{ ...key, counts: [1] }])).toEqual([[[4]]]);
    });

    test('a replica that withdraws what it said is not heard any more', async () => {
      const { one, other } = await open();
      const key = { tenant: newTenantId(), name: 'streams', forMs: 60_000 };
      await one.exchange([{ ...key, counts: [3] }]);
      await one.exchange([{ ...key, counts: [] }]);
      expect(await other.exchange([{ ...key, counts: [] }])).toEqual([[]]);
    });

    test('what a replica said expires, unless it is said again', async () => {
      const { one, other, passMs } = await open();
      const key = { tenant: newTenantId(), name: 'streams' };
      const hear = async () => (await other.exchange([{ ...key, counts: [1], forMs: 60_000 }]))[0];
      await one.exchange([{ ...key, counts: [3], forMs: 3_000 }]);
      await passMs(2_000);
      await one.exchange([{ ...key, counts: [3], forMs: 3_000 }]);
      await passMs(1_500);
      expect(await hear()).toEqual([[3]]);
      await passMs(1_600);
      expect(await hear()).toEqual([]);
    });

    test('tells names, tenants and the platform apart, many at once and in their order', async () => {
      const { one, other } = await open();
      const tenants = [newTenantId(), newTenantId(), undefined];
      const keys = tenants.flatMap((tenant) =>
        Array.from({ length: 150 }, (_, at) => ({ tenant, name: `many ${at}`, forMs: 60_000 })),
      );
      await one.exchange(keys.map((key, at) => ({ ...key, counts: [at] })));
      const heard = await other.exchange(keys.map((key) => ({ ...key, counts: [] })));
      expect(heard).toEqual(keys.map((_, at) => [[at]]));
    });
  });
}
