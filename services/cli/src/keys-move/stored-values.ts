import { openDatabase, type Database, type Transaction } from '#infra/database/pool.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { tenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import type { KeyKeeper } from '#security/keyring/custodian-owner.ts';
import { createEnvelope, type Envelope } from '#security/keyring/envelope.ts';
import { externalKeepers } from '#security/keyring/external/external-key-store.ts';
import { ExternalKeys } from '#security/keyring/external/external-keys.ts';
import type { ExternalKeysSettings } from '#security/keyring/external/settings.ts';
import { moveSealed, proveSealed } from '#security/keyring/move.ts';
import {
  sealedColumnsOf,
  sealedValues,
  type SealedColumn,
  type SealedValue,
} from '#security/keyring/sealed-columns.ts';
import type { DatabaseRole, UrlOf } from '../up/database.ts';

/** The custodian that an installation leaves, and the one that it enters; of one part. */
export interface Custodians {
  readonly left: Custodian;
  readonly entered: Custodian;
}

/** Whose keys seal a value. */
export type Owner = TenantId | 'platform';

/** What one part has stored, while the installation is stopped. */
export interface StoredValues {
  /**
   * Seals again whatever the custodian entered does not open. Can be interrupted and repeated.
   * @returns how many values
   * @throws keyring.unavailable, keyring.external-key, keyring.opens-nowhere
   */
  reseal(signal: AbortSignal): Promise<number>;
  /**
   * Opens every value by asking the custodian entered, and no other. @returns how many there are
   * @throws as `reseal`
   */
  prove(signal: AbortSignal): Promise<number>;
  owners(): Promise<readonly Owner[]>;
}

const roles: Readonly<Partial<Record<KeyKeeper, DatabaseRole>>> = {
  'token-service': 'identity',
  'discord-edge': 'edge',
  worker: 'worker',
  audio: 'audio',
  api: 'api',
};
/** Values in one transaction. */
const batch = 200;
/** Above every version of a key: values of all versions are meant. */
const everyVersion = 2 ** 32 - 1;

interface StoredValuesPorts {
  readonly part: KeyKeeper;
  readonly urlOf: UrlOf;
  readonly custodians: Custodians;
  readonly externalKeys: ExternalKeysSettings;
}

export function createStoredValues({ part, urlOf, custodians, externalKeys }: StoredValuesPorts): StoredValues {
  const columns = sealedColumnsOf(part);
  const { left, entered } = custodians;
  const within = async <Result>(work: (database: Database) => Promise<Result>): Promise<Result> => {
    const role = roles[part];
    if (!role) throw new Error(`${part} stores nothing`);
    await using database = openDatabase({ url: urlOf(role), maxConnections: 1 });
    return await work(database);
  };
  /** With envelopes that have cached nothing: so each value is opened by its custodian. */
  const forEach = (signal: AbortSignal, work: (values: readonly SealedValue[], of: Envelopes) => Promise<number>) =>
    within(async (database) => {
      await using external = await externalKeysOf(part, { database, settings: externalKeys, left, entered });
      const outer = external ? { outer: external } : {};
      const of = {
        from: createEnvelope({ custodian: left, ...outer }),
        to: createEnvelope({ custodian: entered, ...outer }),
      };
      let sum = 0;
      for (const owner of await ownersIn(columns, database))
        for (const column of columns)
          if ((column.of === 'platform') === (owner === 'platform'))
            sum += await eachBatch(database, { column, owner, signal }, (values) => work(values, of));
      return sum;
    });
  return {
    reseal: (signal) => forEach(signal, (values, { from, to }) => moveSealed(values, from, to)),
    prove: (signal) => forEach(signal, (values, { to }) => proveSealed(values, to)),
    owners: () => within((database) => ownersIn(columns, database)),
  };
}

interface Envelopes {
  readonly from: Envelope;
  readonly to: Envelope;
}

/** A transaction for each batch. @returns the sum of what `work` returns */
async function eachBatch(
  database: Database,
  { column, owner, signal }: { readonly column: SealedColumn; readonly owner: Owner; readonly signal: AbortSignal },
  work: (values: readonly SealedValue[]) => Promise<number>,
): Promise<number> {
  let sum = 0;
  let after: readonly unknown[] | undefined;
  for (;;) {
    signal.throwIfAborted();
    const done = await inScopeOf(database, owner, async (transaction) => {
      const values = await sealedValues(column, transaction, owner, { olderThan: everyVersion, limit: batch, after });
      sum += await work(values);
      return values;
    });
    if (done.length < batch) return sum;
    after = done.at(-1)?.primaryKey;
  }
}

const inScopeOf = <Result>(database: Database, of: Owner, work: (transaction: Transaction) => Promise<Result>) =>
  of === 'platform' ? database.acrossTenants(work) : database.inTenant(of, work);

/** Whose keys sealed what is in the columns. */
async function ownersIn(columns: readonly SealedColumn[], database: Database): Promise<Owner[]> {
  const owners = new Set<Owner>();
  for (const { of, table } of columns) {
    if (of === 'platform') {
      owners.add('platform');
      continue;
    }
    const { rows } = await database.acrossTenants((transaction) =>
      transaction.query<{ tenant_id: string }>(`select distinct tenant_id from ${table}`),
    );
    for (const { tenant_id: id } of rows) owners.add(tenantId(id));
  }
  return [...owners].sort();
}

/**
 * The keys that tenants have in Vaults of their own, which stay where they are: what they have wrapped is wrapped by them
 * again. What signs in there is opened with whichever of the platform's keys sealed it.
 */
async function externalKeysOf(
  part: KeyKeeper,
  {
    database,
    settings,
    left,
    entered,
  }: Custodians & { readonly database: Database; readonly settings: ExternalKeysSettings },
): Promise<ExternalKeys | undefined> {
  const keeper = externalKeepers.find((each) => each === part);
  if (!keeper) return undefined;
  const [from, to] = [createEnvelope({ custodian: left }), createEnvelope({ custodian: entered })] as const;
  const external = new ExternalKeys(
    { keeper, database, settings, clock: systemClock, logger: silentLogger() },
    {
      open: (sealed, location) => from.open(sealed, location).catch(() => to.open(sealed, location)),
      forget: () => undefined,
    },
  );
  await external.load();
  return external;
}
