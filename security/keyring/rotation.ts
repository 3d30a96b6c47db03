import { z } from 'zod';
import type { Database, Transaction } from '#infra/database/pool.ts';
import { hasCode, platformFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Custodian, KeyVersion } from './custodian.ts';
import { keyVersionOf, tenantKeyName, type Envelope } from './envelope.ts';
import { sealedValues, type SealedColumn, type SealedValue } from './sealed-columns.ts';

/** A request to rotate: the version that the key shall have at least. Repeating it changes nothing. */
export const rotationRequestSchema = z.strictObject({ to: z.number().int().min(1).max(1_000_000) });
/** The version in use afterwards; null if the tenant has no key here, because nothing was sealed. */
export const rotationSchema = z.object({
  version: z.number().int().nullable(),
  resealed: z.number().int(),
});
export type Rotation = z.infer<typeof rotationSchema>;

export interface RotationPorts {
  readonly custodian: Pick<Custodian, 'versions' | 'rotate' | 'retire'>;
  readonly envelope: Envelope;
  readonly database: Pick<Database, 'inTenant'>;
  /** All of this process; one that is missing would be lost. */
  readonly columns: readonly SealedColumn[];
  /** Called in the transaction in which the older versions are destroyed. */
  readonly done: (transaction: Transaction, version: number) => Promise<void>;
}

/**
 * Brings a tenant's key in this process to a version: adds it, seals with it what older ones had sealed, and destroys
 * those once nothing needs them. Each part can be interrupted and repeated; a value can be opened at any time.
 *
 * Writers hold `whileSealing` from before they seal until they commit, so that none can bring a value under an old
 * version after it was found that there is none.
 * @throws keyring.unavailable, keyring.values-left
 */
export async function rotateTenantKey(ports: RotationPorts, tenant: TenantId, to: number): Promise<Rotation> {
  const { custodian, envelope, database, columns, done } = ports;
  const name = tenantKeyName(tenant);
  const before = await versionsOf(custodian, name);
  const newest = before.at(-1)?.version;
  if (newest === undefined) return { version: null, resealed: 0 };
  const version = newest < to ? await custodian.rotate(name) : newest;
  envelope.forget(tenant);
  const resealed = await database.inTenant(tenant, async (transaction) => {
    await lock(transaction, tenant, 'alone');
    let count = 0;
    for (const value of await older(columns, transaction, tenant, version)) {
      const opened = await envelope.open(value.sealed, value.location);
      await value.replace(await envelope.seal(opened, value.location));
      count += 1;
    }
    return count;
  });
  // Only what is committed counts: destroying a version cannot be rolled back.
  await database.inTenant(tenant, async (transaction) => {
    await lock(transaction, tenant, 'alone');
    const left = await older(columns, transaction, tenant, version);
    if (left.length > 0)
      throw platformFault(
        'keyring.values-left',
        `${left.length} values are still encrypted with an older key, so it is kept.`,
      );
    const [oldest] = await versionsOf(custodian, name);
    if (oldest === undefined || oldest.version >= version) return;
    await done(transaction, version);
    await custodian.retire(name, version);
    envelope.forget(tenant);
  });
  return { version, resealed };
}

async function older(
  columns: readonly SealedColumn[],
  transaction: Transaction,
  tenant: TenantId,
  version: number,
): Promise<SealedValue[]> {
  const found: SealedValue[] = [];
  // A process may also have values of the platform, which other keys seal.
  const ofTenants = columns.filter(({ of }) => of === 'tenant');
  for (const column of ofTenants) found.push(...(await sealedValues(column, transaction, tenant)));
  return found.filter(({ sealed }) => keyVersionOf(sealed) < version);
}

async function versionsOf(custodian: Pick<Custodian, 'versions'>, name: string): Promise<readonly KeyVersion[]> {
  try {
    return await custodian.versions(name);
  } catch (error) {
    if (hasCode(error, 'keyring.unknown-key')) return [];
    throw error;
  }
}

/**
 * Reads and opens a stored value; once more if the version that sealed it was destroyed in between, since it is then
 * stored under a newer one.
 */
export async function acrossRotation<Result>(readAndOpen: () => Promise<Result>): Promise<Result> {
  try {
    return await readAndOpen();
  } catch (error) {
    if (!hasCode(error, 'keyring.retired-version')) throw error;
    return readAndOpen();
  }
}

/** To be called in a transaction before it seals a value that it stores. */
export const whileSealing = (transaction: Transaction, tenant: TenantId): Promise<void> =>
  lock(transaction, tenant, 'shared');

/** Until the end of the transaction. */
async function lock(transaction: Transaction, tenant: TenantId, how: 'shared' | 'alone'): Promise<void> {
  const take = how === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock';
  await transaction.query(`select ${take}(hashtextextended($1, 0))`, [`sealing for ${tenant}`]);
}
