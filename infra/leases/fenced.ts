import type { Database } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { fence, type Lease } from './lease.ts';

/** A tenant's transactions, each of which is committed only while the lease is held that `leaseOf` names at its begin. */
export const fenced = (
  database: Pick<Database, 'inTenant'>,
  leaseOf: (tenant: TenantId) => Lease,
): Pick<Database, 'inTenant'> => ({
  inTenant: (tenant, work) =>
    database.inTenant(tenant, async (transaction) => {
      await fence(transaction, leaseOf(tenant));
      return work(transaction);
    }),
});
