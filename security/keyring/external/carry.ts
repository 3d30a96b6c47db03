import { z } from 'zod';
import type { Database, Transaction } from '#infra/database/pool.ts';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Custodian } from '../custodian.ts';
import { tenantKeyName } from '../data-keys.ts';
import { rotateTenantKey, type Rotation } from '../rotation.ts';
import { isSealedOtherwise, type SealedColumn } from '../sealed-columns.ts';
import type { ExternalKeyUse } from './external-key-store.ts';
import type { TenantKeyring } from './tenant-keyring.ts';

const idSchema = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`));
export const externalKeyIdSchema = idSchema('xky');

/** A request to seal a tenant's values with another key of its own, or with none. Repeating it changes nothing. */
export const carrySchema = z.strictObject({
  /** A later change supersedes an earlier one. */
  changeId: idSchema('xkc'),
  /** A key that was stored before; null for none. */
  keyId: externalKeyIdSchema.nullable(),
});
export type Carry = z.infer<typeof carrySchema>;

export interface CarryPorts extends TenantKeyring {
  readonly database: Pick<Database, 'inTenant'>;
  readonly custodian: Pick<Custodian, 'versions' | 'rotate' | 'retire'>;
  /** All of the process. */
  readonly columns: readonly SealedColumn[];
  /** Called in the transaction in which the older versions of the platform's key are destroyed. */
  readonly rotated: (transaction: Transaction, version: number) => Promise<void>;
  /** Called in the transaction after which the former key is needed no more. */
  readonly done: (transaction: Transaction) => Promise<void>;
}

/** Each value may need an answer of the customer's Vault, while its row is locked. */
export const valuesAtOnce = 4;

const superseded = { version: null, resealed: 0, complete: true } as const;

/**
 * Takes another external key of a tenant into use, or none, and seals everything with it: from then on new data keys are
 * wrapped by it, then the platform's key gets a new version, and a rotation to that version does the rest. Once the
 * older versions are destroyed, nothing that the former key wrapped can be opened any more, and the former key is
 * forgotten. Each part can be interrupted and repeated; values can be opened and stored at any time.
 * @throws external-key.unknown (409), keyring.external-key (424), keyring.unavailable, keyring.values-left
 */
export async function carryValues(ports: CarryPorts, tenant: TenantId, carry: Carry): Promise<Rotation> {
  const { custodian, envelope, database, columns, externalKeys, rotated } = ports;
  const use = await takeIntoUse(ports, tenant, carry);
  if (!use || use.carried) return superseded;
  const version = use.sinceVersion ?? (await addVersion(ports, tenant, use));
  if (version !== null) {
    const rotation = await rotateTenantKey(
      { custodian, envelope, database, columns, done: rotated, batch: valuesAtOnce },
      tenant,
      version,
    );
    if (!rotation.complete) return rotation;
  }
  await forgetFormer(ports, tenant, carry);
  await externalKeys.sealedAnew(tenant);
  return { version, resealed: 0, complete: true };
}

/** @returns undefined if a later change has superseded this one */
function takeIntoUse({ database, envelope, externalKeys }: CarryPorts, tenant: TenantId, { keyId, changeId }: Carry) {
  const { store } = externalKeys;
  return database
    .inTenant(tenant, async (transaction): Promise<{ use: ExternalKeyUse; isNew: boolean } | undefined> => {
      const before = await store.use(transaction, tenant);
      if (before?.changeId === changeId) return { use: before, isNew: false };
      if (before && before.changeId > changeId) return undefined;
      if (keyId !== null && !(await store.exists(transaction, tenant, keyId)))
        throw callerFault('external-key.unknown', 'The key is no longer stored. Set it again.', 409);
      await store.change(transaction, tenant, { keyId, changeId });
      return {
        use: { tenant, keyId, changeId, sinceVersion: null, carried: false, lostAt: null },
        isNew: true,
      };
    })
    .then((found) => {
      if (found?.isNew) {
        externalKeys.changed(found.use);
        envelope.forget(tenant);
      }
      return found?.use;
    });
}

/**
 * Whatever this version seals is sealed with the key in use: the envelope asks for that key after the platform's key has
 * wrapped. @returns null if the tenant has no key, and so no values
 */
async function addVersion(
  { custodian, database, envelope, externalKeys }: CarryPorts,
  tenant: TenantId,
  use: ExternalKeyUse,
): Promise<number | null> {
  if ((await envelope.versions(tenant)) === 0) return null;
  // Again after a restart, in which it was not known yet.
  externalKeys.changed(use);
  const version = await custodian.rotate(tenantKeyName(tenant));
  await database.inTenant(tenant, (transaction) =>
    externalKeys.store.since(transaction, tenant, use.changeId, version),
  );
  externalKeys.changed({ ...use, sinceVersion: version });
  return version;
}

async function forgetFormer(ports: CarryPorts, tenant: TenantId, { keyId, changeId }: Carry): Promise<void> {
  const { database, columns, externalKeys, done } = ports;
  const { store } = externalKeys;
  const outcome = await database.inTenant(tenant, async (transaction) => {
    const use = await store.use(transaction, tenant);
    if (use?.changeId !== changeId) return { gone: [] };
    for (const column of columns)
      if (column.of === 'tenant' && (await isSealedOtherwise(column, transaction, tenant, keyId))) {
        // The next attempt adds another version, and seals everything again.
        await store.since(transaction, tenant, changeId, null);
        return { gone: [], left: { ...use, sinceVersion: null } };
      }
    await done(transaction);
    return { gone: await store.carried(transaction, tenant, keyId), now: { ...use, carried: true } };
  });
  const use = outcome.now ?? outcome.left;
  if (use) externalKeys.changed(use);
  externalKeys.deleted(outcome.gone);
  if (outcome.left)
    throw platformFault('keyring.values-left', 'A value is still encrypted with the former key, so it is kept.');
}
