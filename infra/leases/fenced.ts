import type { Database, Transaction } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { fence, type Lease } from './lease.ts';

type Transactions = Pick<Database, 'inTenant'>;

/**
 * Runs in a transaction of the lease's tenant that is committed only while the lease is held. The fence is sent with the
 * work's first statement: if it fails, so do all statements after it, and it is what is thrown.
 * @throws lease.lost
 */
export const whileHeld = <Result>(
  database: Transactions,
  lease: Lease,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> =>
  database.inTenant(lease.tenant, async (transaction) => {
    const held = fence(transaction, lease);
    held.catch(() => undefined);
    try {
      return await work(transaction);
    } finally {
      await held;
    }
  });

/** A tenant's transactions, each of which is committed only while the lease is held that `leaseOf` names at its begin. */
export const fenced = (database: Transactions, leaseOf: (tenant: TenantId) => Lease): Transactions => ({
  // Asynchronous, so that it rejects where `leaseOf` throws.
  inTenant: async (tenant, work) => whileHeld(database, leaseOf(tenant), work),
});
