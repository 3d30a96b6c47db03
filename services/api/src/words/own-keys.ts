import type { Database, Transaction } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { hasCode } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { journal } from '#security/audit/journal.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import { tenantKeyName, type Envelope } from '#security/keyring/envelope.ts';
import { sealingKeys, type KeyReport } from '#security/keyring/key-report.ts';
import { rotationRecord } from '#security/keyring/rotation-record.ts';
import { rotatePlatformKey, rotateTenantKey, type Rotation } from '#security/keyring/rotation.ts';
import { sealedColumnsOf } from '#security/keyring/sealed-columns.ts';
import { countKeyVersions } from '#tenants/deletion/key-count.ts';

interface Ports {
  readonly database: Database;
  readonly custodian: Custodian;
  readonly envelope: Envelope;
  readonly clock: Clock;
}

/** The keys that the api itself has: one for each tenant with notes on invitations, and one for the names of people. */
export interface OwnKeys {
  report(tenant: TenantId): Promise<KeyReport>;
  /** The version that a rotation would bring the tenant's key to. */
  next(tenant: TenantId): Promise<number>;
  /** By default to the next version. Nothing happens without a key. */
  rotate(tenant: TenantId, to?: number): Promise<void>;
  /** A name that was deleted before opens in no copy of the database afterwards; those that remain are sealed again. */
  rotateNames(): Promise<void>;
  /** Destroys the tenant's key, and counts that for the certificate of its deletion. */
  destroy(tenant: TenantId): Promise<void>;
}

export function createOwnKeys(ports: Ports): OwnKeys {
  const { database, custodian, envelope, clock } = ports;
  const columns = sealedColumnsOf('api');
  const next = async (owner: TenantId | 'platform'): Promise<number> => {
    const versions = await custodian.versions(tenantKeyName(owner)).catch((error: unknown) => {
      if (hasCode(error, 'keyring.unknown-key')) return [];
      throw error;
    });
    return (versions.at(-1)?.version ?? 0) + 1;
  };
  return {
    next,
    async report(tenant) {
      const { rows } = await database.inTenant(tenant, (transaction) =>
        transaction.query<{ words: Buffer }>(
          'select words from invitation where tenant_id = $1 and words is not null',
          [tenant],
        ),
      );
      const sealed = rows.map(({ words }) => words);
      return { keys: await sealingKeys(custodian, tenant, { purpose: 'notes', sealed }) };
    },
    async rotate(tenant, to) {
      const by = { actor: { type: 'service', id: 'api' } } as const;
      const done = (transaction: Transaction, version: number) =>
        journal(transaction, [rotationRecord(tenant, { purpose: 'notes', version }, by, clock.now())]);
      const version = to ?? (await next(tenant));
      await untilComplete(() => rotateTenantKey({ ...ports, columns, done }, tenant, version));
    },
    async rotateNames() {
      const version = await next('platform');
      // The deletion or erasure that it is for is recorded.
      const done = () => Promise.resolve();
      await untilComplete(() => rotatePlatformKey({ ...ports, columns, done, batch: 100 }, version));
    },
    async destroy(tenant) {
      const versions = await envelope.versions(tenant);
      await database.inTenant(tenant, (transaction) =>
        countKeyVersions(transaction, { tenant, keeper: 'api' }, versions),
      );
      await envelope.destroy(tenant);
    },
  };
}

async function untilComplete(rotate: () => Promise<Rotation>): Promise<void> {
  while (!(await rotate()).complete);
}
