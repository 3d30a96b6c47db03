import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Database, Transaction } from '#infra/database/pool.ts';
import { hasCode, platformFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Custodian, KeyVersion } from './custodian.ts';
import type { Envelope, Location } from './envelope.ts';
import { tenantKeyName } from './data-keys.ts';
import { sealedValues, type SealedColumn, type SealedValue } from './sealed-columns.ts';

/** After each batch, times as long as it took: who reads and writes meanwhile shall not notice. */
const restsFor = 3;
const maxRestMs = 250;

/** A request to rotate: the version that the key shall have at least. Repeating it changes nothing. */
export const rotationRequestSchema = z.strictObject({ to: z.number().int().min(1).max(1_000_000) });
/** The version in use afterwards; null if the tenant has no key here, because nothing was sealed. */
export const rotationSchema = z.object({
  version: z.number().int().nullable(),
  resealed: z.number().int(),
  /** Whether nothing older is left; otherwise the request is to be repeated. */
  complete: z.boolean(),
});
export type Rotation = z.infer<typeof rotationSchema>;

export interface RotationPorts {
  readonly custodian: Pick<Custodian, 'versions' | 'rotate' | 'retire'>;
  readonly envelope: Envelope;
  readonly database: Pick<Database, 'inTenant'>;
  /** All of this process; one that is missing would be lost. */
  readonly columns: readonly SealedColumn[];
  /**
   * What is sealed instead of a value that an older version had sealed, in the transaction that stores it; by default
   * the same. What it replaces can be opened no more once the older versions are destroyed, in no copy and no backup.
   */
  readonly renewed?: (transaction: Transaction, value: Uint8Array, location: Location) => Promise<Uint8Array>;
  /** Called in the transaction in which the older versions are destroyed. */
  readonly done: (transaction: Transaction, version: number) => Promise<void>;
  /** How many values are sealed again in one transaction; by default what the column says, or 4. */
  readonly batch?: number | undefined;
  /** After this time no further transaction begins; by default 5 s. */
  readonly forMs?: number;
}

/**
 * Brings a tenant's key in this process to a version: adds it, seals with it what older ones had sealed, and destroys
 * those once nothing needs them. Each part can be interrupted and repeated; a value can be opened and stored at any time.
 *
 * Writers hold `whileSealing` from before they seal until they commit, so that none can bring a value under an old
 * version after it was found that there is none.
 * @throws keyring.unavailable, keyring.values-left
 */
export const rotateTenantKey = (ports: RotationPorts, tenant: TenantId, to: number): Promise<Rotation> =>
  rotateKey(ports, { owner: tenant, within: (work) => ports.database.inTenant(tenant, work) }, to);

/** The same for the key with which this process seals what belongs to no tenant. */
export const rotatePlatformKey = (
  ports: Omit<RotationPorts, 'database'> & { readonly database: Pick<Database, 'acrossTenants'> },
  to: number,
): Promise<Rotation> =>
  rotateKey(ports, { owner: 'platform', within: (work) => ports.database.acrossTenants(work) }, to);

/** Whose key it is, and transactions that see what it seals. */
interface Owned {
  readonly owner: Owner;
  readonly within: Database['acrossTenants'];
}

type Owner = TenantId | 'platform';

async function rotateKey(
  ports: Omit<RotationPorts, 'database'>,
  { owner, within }: Owned,
  to: number,
): Promise<Rotation> {
  const { custodian, envelope, forMs = 5_000 } = ports;
  // A process may have values of tenants and of the platform, which different keys seal.
  const columns = ports.columns.filter(({ of }) => (of === 'platform') === (owner === 'platform'));
  const name = tenantKeyName(owner);
  const isThere = (await versionsOf(custodian, name)).length > 0;
  if (!isThere) return { version: null, resealed: 0, complete: true };
  // One at a time: of two processes that add the same version at once, one would seal with a key that is then lost.
  const version = await within(async (transaction) => {
    await lock(transaction, owner, 'alone');
    const newest = (await versionsOf(custodian, name)).at(-1)?.version ?? 0;
    return newest < to ? custodian.rotate(name) : newest;
  });
  envelope.forget(owner);
  // Whoever has sealed with an older version has stored it after this.
  await within((transaction) => lock(transaction, owner, 'alone'));
  const until = performance.now() + forMs;
  let resealed = 0;
  for (const column of columns) {
    let after: readonly unknown[] | undefined;
    do {
      if (resealed > 0 && performance.now() >= until) return { version, resealed, complete: false };
      const began = performance.now();
      const done = await resealSome(ports, column, { owner, within, version, after });
      resealed += done.length;
      after = done.at(-1)?.primaryKey;
      if (after) await delay(Math.min(maxRestMs, restsFor * (performance.now() - began)));
    } while (after);
  }
  await within(async (transaction) => {
    const only = { olderThan: version, limit: 1 };
    // Only what is committed counts: destroying a version cannot be rolled back.
    for (const column of columns)
      if ((await sealedValues(column, transaction, owner, only)).length > 0)
        throw platformFault('keyring.values-left', 'A value is still encrypted with an older key, so it is kept.');
    await lock(transaction, owner, 'alone');
    const [oldest] = await versionsOf(custodian, name);
    if (oldest === undefined || oldest.version >= version) return;
    await ports.done(transaction, version);
    await custodian.retire(name, version);
    envelope.forget(owner);
  });
  return { version, resealed, complete: true };
}

/** One batch. @returns what it sealed again */
function resealSome(
  ports: Omit<RotationPorts, 'database'>,
  column: SealedColumn,
  from: Owned & { readonly version: number; readonly after: readonly unknown[] | undefined },
): Promise<readonly SealedValue[]> {
  const { envelope, renewed, batch = column.batch ?? 4 } = ports;
  const { owner, within, version, after } = from;
  return within(async (transaction) => {
    // What is renewed is used by nobody meanwhile.
    if (renewed) await lock(transaction, owner, 'alone');
    const values = await sealedValues(column, transaction, owner, { olderThan: version, limit: batch, after });
    const next: Uint8Array[] = [];
    for (const { sealed, location } of values) {
      const opened = await envelope.open(sealed, location);
      const plaintext = renewed ? await renewed(transaction, opened, location) : opened;
      next.push(await envelope.seal(plaintext, location));
      for (const each of [opened, plaintext]) each.fill(0);
    }
    await Promise.all(values.map((value, at) => value.replace(next[at] ?? new Uint8Array())));
    return values;
  });
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
export const whileSealing = (transaction: Transaction, owner: Owner): Promise<void> =>
  lock(transaction, owner, 'shared');

/** Those of the tenants whose keys are not being rotated now, and will not be before the transaction ends. */
export async function notRotating(transaction: Transaction, tenants: readonly TenantId[]): Promise<TenantId[]> {
  const { rows } = await transaction.query<{ tenant: TenantId }>({
    name: 'not-rotating',
    text: `select tenant from unnest($1::text[]) as given (tenant)
           where pg_try_advisory_xact_lock_shared(hashtextextended($2 || tenant, 0))`,
    values: [tenants, lockName],
  });
  return rows.map(({ tenant }) => tenant);
}

const lockName = 'sealing for ';

/** Until the end of the transaction. */
async function lock(transaction: Transaction, owner: Owner, how: 'shared' | 'alone'): Promise<void> {
  const take = how === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock';
  // Prisma reads no column of the type void.
  await transaction.query(`select ${take}(hashtextextended($1, 0))::text`, [lockName + owner]);
}
