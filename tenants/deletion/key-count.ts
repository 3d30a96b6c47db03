import type { Transaction } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { keyStorePrefix } from './certificate.ts';

/** The store that counts the destroyed versions of the key that discord-edge had for a tenant. */
export const edgeKeyStore = `${keyStorePrefix}discord-edge`;

/**
 * Notes how many versions of a key are about to be destroyed: no transaction can do both, so a repeated attempt, which
 * may find none left, keeps the greater number.
 */
export async function countKeyVersions(transaction: Transaction, tenant: TenantId, versions: number): Promise<void> {
  await transaction.query('update deletion_count set count = greatest(count, $3) where tenant_id = $1 and store = $2', [
    tenant,
    edgeKeyStore,
    versions,
  ]);
}
