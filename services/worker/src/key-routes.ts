import type { Database, Transaction } from '#infra/database/pool.ts';
import { bodyOf } from '#infra/http/body-of.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { succeed } from '#security/audit/succeed.ts';
import { tenantOf } from '#security/identity/guard.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import type { Envelope, Location } from '#security/keyring/envelope.ts';
import { sealedColumnsOf } from '#security/keyring/sealed-columns.ts';
import { tellOfRotation } from '#security/keyring/key-events.ts';
import { rotateTenantKey, rotationRequestSchema } from '#security/keyring/rotation.ts';
import { sealingKeys, type KeyReport } from '#security/keyring/key-report.ts';

interface KeyRoutesPorts {
  readonly database: Database;
  readonly custodian: Custodian;
  readonly envelope: Envelope;
  readonly clock: Clock;
  readonly installation: string;
}

/**
 * Versions and ages of the keys of a tenant's audit log: the signing key, and the one that seals it at rest. They are
 * rotated together, so that the old signing key was only ever sealed with a key that is then destroyed.
 */
export function keyRoutes(app: HttpApp, ports: KeyRoutesPorts): void {
  const { database, custodian, clock, installation } = ports;
  app.get('/v1/tenants/:tenant/keys', { config: { action: 'key.read' }, exposeHeadRoute: false }, (request) => {
    return reportKeys(database, custodian, tenantOf(request));
  });
  app.post('/v1/tenants/:tenant/keys/rotation', { config: { action: 'key.rotate' } }, (request) => {
    const tenant = tenantOf(request);
    const { to } = bodyOf(request, rotationRequestSchema);
    const by = { actor: { type: 'service', id: 'api' }, requestId: request.id } as const;
    const record = (transaction: Transaction, purpose: 'audit-key' | 'audit-checkpoint', version: number) =>
      tellOfRotation(transaction, tenant, { purpose, version }, by, clock.now());
    const renewed = async (transaction: Transaction, opened: Uint8Array, { table }: Location) => {
      if (table !== 'audit_key') return opened;
      const { key, version } = await succeed(transaction, { installation, tenant, opened });
      await record(transaction, 'audit-checkpoint', version);
      return key;
    };
    const done = (transaction: Transaction, version: number) => record(transaction, 'audit-key', version);
    return rotateTenantKey({ ...ports, columns: sealedColumnsOf('worker'), renewed, done }, tenant, to);
  });
}

async function reportKeys(
  database: Pick<Database, 'inTenant' | 'queryInTenant'>,
  custodian: Custodian,
  tenant: TenantId,
): Promise<KeyReport> {
  const { rows } = await database.inTenant(tenant, (transaction) =>
    transaction.query<{ sealed: Buffer; created_at: Date; size: string; version: number }>(
      `select sealed, created_at, coalesce(
         (select tree_size from audit_checkpoint where tenant_id = $1 order by tree_size desc limit 1), 0) as size,
         (select count(*) from audit_succession where tenant_id = $1)::int + 1 as version
       from audit_key where tenant_id = $1`,
      [tenant],
    ),
  );
  const signing = rows.map(({ created_at: createdAt, size, version }) => ({
    purpose: 'audit-checkpoint' as const,
    version,
    algorithm: 'Ed25519',
    createdAt: createdAt.toISOString(),
    protects: Number(size),
    state: 'current' as const,
  }));
  const others = await database.queryInTenant<{ sealed: Buffer }>(tenant, {
    name: 'sealed-for-webhooks',
    // The first bytes name the version.
    text: `select substring(sealed from 1 for 8) as sealed from (
             select unnest(array[url, secret, previous_secret]) as sealed from webhook_endpoint where tenant_id = $1
             union all select excerpt from webhook_delivery where tenant_id = $1) as stored where sealed is not null`,
    values: [tenant],
  });
  const sealed = [...rows, ...others].map((row) => row.sealed);
  return { keys: [...signing, ...(await sealingKeys(custodian, tenant, { purpose: 'audit-key', sealed }))] };
}
