import type { Transaction } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { keyStorePrefix } from './certificate.ts';

/** The processes that destroy a key of the tenant. The worker's is kept with the audit log. */
const keepers = ['discord-edge', 'audio'] as const;
type Keeper = (typeof keepers)[number];

const storeOf = (keeper: Keeper): string => keyStorePrefix + keeper;

/** The stores that count the destroyed versions of keys. */
export const keyStores: readonly string[] = keepers.map(storeOf);

/**
 * Notes how many versions of a key are about to be destroyed: no transaction can do both, so a repeated attempt, which
 * may find none left, keeps the greater number.
 */
export async function countKeyVersions(
  transaction: Transaction,
  key: { readonly tenant: TenantId; readonly keeper: Keeper },
  versions: number,
): Promise<void> {
  await transaction.query('update deletion_count set count = greatest(count, $3) where tenant_id = $1 and store = $2', [
    key.tenant,
    storeOf(key.keeper),
    versions,
  ]);
}
