import type { Database, Transaction } from '#infra/database/pool.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { tenantOf } from '#security/identity/guard.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import { valuesAtOnce } from '#security/keyring/external/carry.ts';
import type { TenantKeyring } from '#security/keyring/external/tenant-keyring.ts';
import { externalKeyRoutes } from '#security/keyring/external/routes.ts';
import { tellOfRotation } from '#security/keyring/key-events.ts';
import { rotateTenantKey, rotationRequestSchema } from '#security/keyring/rotation.ts';
import { sealedColumnsOf } from '#security/keyring/sealed-columns.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { reseal } from '#tenants/credential/credential-life.ts';
import { changeCredential } from '../credential/credential-row.ts';
import type { Change } from '../credential/credential-store.ts';
import { reportKeys } from '../credential/key-report.ts';
import { bodyOf } from '#infra/http/body-of.ts';
import { changeBy } from './caller.ts';

export interface KeyRoutesOptions extends TenantKeyring {
  readonly database: Database;
  /** The same, fenced by the tenants' leases. */
  readonly writes: Pick<Database, 'inTenant'>;
  readonly custodian: Custodian;
  readonly clock: Clock;
}

/** Versions and ages of a tenant's key in this process, and its rotation. */
export function keyRoutes(app: HttpApp, options: KeyRoutesOptions): void {
  const { database, writes, custodian, envelope, externalKeys, clock } = options;
  /** The credential, if there is one, is sealed anew. */
  const rotated = async (transaction: Transaction, tenant: TenantId, version: number, by: Change): Promise<void> => {
    await tellOfRotation(transaction, tenant, { purpose: 'data', version }, by, clock.now());
    await changeCredential(transaction, tenant, {
      decide: (credential) => reseal(credential, version),
      by: by.actor.id,
      atMs: clock.now(),
    });
  };
  externalKeyRoutes(app, { ...options, database: writes, keeper: 'discord-edge', rotated });
  app.get('/v1/tenants/:tenant/keys', { config: { action: 'key.read' }, exposeHeadRoute: false }, (request) =>
    reportKeys(database, custodian, tenantOf(request)),
  );
  app.post('/v1/tenants/:tenant/keys/rotation', { config: { action: 'key.rotate' } }, async (request) => {
    const tenant = tenantOf(request);
    const done = (transaction: Transaction, version: number) =>
      rotated(transaction, tenant, version, changeBy(request));
    const columns = sealedColumnsOf('discord-edge');
    const { to } = bodyOf(request, rotationRequestSchema);
    const batch = externalKeys.useOf(tenant)?.keyId ? valuesAtOnce : undefined;
    const rotation = await rotateTenantKey({ custodian, envelope, database: writes, columns, done, batch }, tenant, to);
    if (rotation.complete) await externalKeys.sealedAnew(tenant);
    return rotation;
  });
}
