import type { Rows } from '#infra/database/prisma.ts';
import { newId, type TenantId } from '#infra/kernel/ids.ts';
import { nameHash } from './certificate.ts';
import { edgeKeyStore } from './key-count.ts';

/**
 * Records that a deletion begins: from here on, triggers count what is deleted of this tenant, in the transactions that
 * delete it. A deletion that has begun is left as it is, with whoever asked first.
 */
export async function beginCounting(
  rows: Rows,
  tenant: { readonly id: TenantId; readonly name: string },
  requestedBy: string,
): Promise<void> {
  const { count } = await rows.deletion.createMany({
    data: {
      id: newId('del'),
      tenant: tenant.id,
      requestedBy,
      nameSha256: nameHash(tenant.id, tenant.name),
    },
    skipDuplicates: true,
  });
  if (count === 0) return;
  await rows.$executeRaw`
    insert into deletion_count (tenant_id, store)
      select ${tenant.id}, tgrelid::regclass::text from pg_trigger where tgname = 'count_deleted'
      union all select ${tenant.id}, ${edgeKeyStore}`;
}

/** Records that nothing of the tenant is left but its log; in the transaction that removes the last of it. */
export async function endCounting(rows: Rows, tenant: TenantId): Promise<void> {
  await rows.$executeRaw`update deletion set ended_at = now() where tenant = ${tenant} and ended_at is null`;
}
