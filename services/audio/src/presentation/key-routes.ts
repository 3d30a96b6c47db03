import type { Database, Transaction } from '#infra/database/pool.ts';
import { bodyOf } from '#infra/http/body-of.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { tenantOf } from '#security/identity/guard.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import { valuesAtOnce } from '#security/keyring/external/carry.ts';
import type { TenantKeyring } from '#security/keyring/external/tenant-keyring.ts';
import { externalKeyRoutes, type ExternalKeyRoutesPorts } from '#security/keyring/external/routes.ts';
import { sealingKeys } from '#security/keyring/key-report.ts';
import { tellOfRotation } from '#security/keyring/key-events.ts';
import { rotateTenantKey, rotationRequestSchema } from '#security/keyring/rotation.ts';
import { sealedColumnsOf } from '#security/keyring/sealed-columns.ts';

export interface KeyRoutesPorts extends TenantKeyring {
  readonly database: Database;
  /** The same, fenced by the tenants' leases. */
  readonly writes: Pick<Database, 'inTenant'>;
  readonly custodian: Custodian;
  readonly clock: Clock;
}

/** Versions and ages of the key that seals a tenant's sessions and what its members keep, and its rotation. */
export function keyRoutes(app: HttpApp, ports: KeyRoutesPorts): void {
  const { database, writes, custodian, externalKeys, clock } = ports;
  const rotated: ExternalKeyRoutesPorts['rotated'] = (transaction, tenant, version, by) =>
    tellOfRotation(transaction, tenant, { purpose: 'library', version }, by, clock.now());
  externalKeyRoutes(app, { ...ports, database: writes, keeper: 'audio', rotated });
  app.get('/v1/tenants/:tenant/keys', { config: { action: 'key.read' }, exposeHeadRoute: false }, async (request) => {
    const tenant = tenantOf(request);
    const [lists, events] = await database.inTenant(tenant, (transaction) =>
      Promise.all([
        transaction.query<{ sealed: Buffer }>(
          // The first bytes name the version, and lists may be long.
          `select substring(name from 1 for 8) as sealed from track_list where tenant_id = $1
             union all select substring(tracks from 1 for 8) from track_list where tenant_id = $1
             union all select decode(left(document ->> 'sealed', 8), 'base64') from music_session
               where tenant_id = $1 and document ? 'sealed'`,
          [tenant],
        ),
        transaction.query<{ value: Buffer; count: number }>(
          `select substring(part.sealed from 1 for 5) as value, count(*)::int as count
             from event, lateral (values (event.sealed), (event.snapshot)) as part (sealed)
             where tenant_id = $1 and sealed_by = 'audio' and part.sealed is not null group by 1`,
          [tenant],
        ),
      ]),
    );
    const sealed = lists.rows.map((row) => row.sealed);
    return { keys: await sealingKeys(custodian, tenant, { purpose: 'library', sealed, counted: events.rows }) };
  });
  app.post('/v1/tenants/:tenant/keys/rotation', { config: { action: 'key.rotate' } }, async (request) => {
    const tenant = tenantOf(request);
    const { to } = bodyOf(request, rotationRequestSchema);
    const by = { actor: { type: 'service', id: 'api' }, requestId: request.id } as const;
    const done = (transaction: Transaction, version: number) => rotated(transaction, tenant, version, by);
    const batch = externalKeys.useOf(tenant)?.keyId ? valuesAtOnce : undefined;
    const columns = sealedColumnsOf('audio');
    const rotation = await rotateTenantKey({ ...ports, database: writes, columns, done, batch }, tenant, to);
    if (rotation.complete) await externalKeys.sealedAnew(tenant);
    return rotation;
  });
}
