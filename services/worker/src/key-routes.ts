import type { Database } from '#infra/database/pool.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { tenantOf } from '#security/identity/guard.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import { sealingKeys, type KeyReport } from '#security/keyring/key-report.ts';

/** Versions and ages of the keys of a tenant's audit log: the signing key, and the one that seals it at rest. */
export function keyRoutes(
  app: HttpApp,
  { database, custodian }: { database: Pick<Database, 'inTenant'>; custodian: Custodian },
): void {
  app.get('/v1/tenants/:tenant/keys', { config: { action: 'key.read' }, exposeHeadRoute: false }, (request) => {
    return reportKeys(database, custodian, tenantOf(request));
  });
}

async function reportKeys(
  database: Pick<Database, 'inTenant'>,
  custodian: Custodian,
  tenant: TenantId,
): Promise<KeyReport> {
  const { rows } = await database.inTenant(tenant, (transaction) =>
    transaction.query<{ sealed: Buffer; created_at: Date; size: string }>(
      `select sealed, created_at, coalesce(
         (select tree_size from audit_checkpoint where tenant_id = $1 order by tree_size desc limit 1), 0) as size
       from audit_key where tenant_id = $1`,
      [tenant],
    ),
  );
  const signing = rows.map(({ created_at: createdAt, size }) => ({
    purpose: 'audit-checkpoint' as const,
    // A log has one key for its whole life: whoever holds its public part can verify all of it.
    version: 1,
    algorithm: 'Ed25519',
    createdAt: createdAt.toISOString(),
    protects: Number(size),
    state: 'current' as const,
  }));
  const sealed = rows.map((row) => row.sealed);
  return { keys: [...signing, ...(await sealingKeys(custodian, tenant, { purpose: 'audit-key', sealed }))] };
}
