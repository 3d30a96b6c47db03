import { readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { openDatabase, type Database, type Transaction } from '#infra/database/pool.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { tenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import { keyKeepers, type KeyKeeper } from '#security/keyring/custodian-owner.ts';
import { createEnvelope, tenantKeyName } from '#security/keyring/envelope.ts';
import { externalKeepers } from '#security/keyring/external/external-key-store.ts';
import { ExternalKeys } from '#security/keyring/external/external-keys.ts';
import type { ExternalKeysSettings } from '#security/keyring/external/settings.ts';
import { moveSealed, proveSealed } from '#security/keyring/move.ts';
import { vaultKeyPrefix } from '#security/keyring/vault/key-names.ts';
import { openCustodian } from '#security/keyring/open-custodian.ts';
import {
  sealedColumnsOf,
  sealedValues,
  type SealedColumn,
  type SealedValue,
} from '#security/keyring/sealed-columns.ts';
import { openDataFolder, type DataFolder } from '../up/data-folder.ts';
import { prepareDatabase, type DatabaseRole, type UrlOf } from '../up/database.ts';
import { keysOf } from '../up/key-settings.ts';
import { lookAtLiveSettings, type LiveSettings } from '../up/live.ts';
import { planPorts } from '../up/ports.ts';
import { rootKeyOf, type KeyFlags } from '../up/root-key.ts';

export interface MoveOptions extends KeyFlags {
  readonly data: string;
  readonly ports?: number;
  /** Settings of the installation as it will run. */
  readonly settings?: string;
  /** Settings with the custodian that it leaves; without them, that is the files in the data folder. */
  readonly from?: string;
  /** Destroys the keys in files that were left, once nothing needs them. */
  readonly destroy: boolean;
  /** Called after each part. */
  readonly moved: (part: MovedPart) => void;
}

/** What was done for one part. */
export interface MovedPart {
  readonly part: KeyKeeper;
  /** How many values were sealed again. */
  readonly moved: number;
  /** How many there are; all of them open with the new keys. */
  readonly values: number;
  /** How many of the old keys were destroyed. */
  readonly destroyed: number;
  /** Paths at Vault of old keys that nothing needs any more. */
  readonly left: readonly string[];
}

const roles: Readonly<Record<KeyKeeper, DatabaseRole>> = {
  'token-service': 'identity',
  'discord-edge': 'edge',
  worker: 'worker',
  audio: 'audio',
  api: 'api',
};

/**
 * Seals everything that an installation has stored under another custodian, while the installation is stopped: from
 * files to Vault, from Vault to files, or from one Vault to another. Values are moved one owner at a time; an
 * interrupted move is completed by the next one. Old keys are kept unless `destroy` is given, since backups made before
 * the move need them; those at Vault are deleted by its administrator.
 * @throws up.running, keys.same-custodian, keyring.unavailable, keyring.opens-nowhere, and for faulty settings
 */
export async function moveKeys(options: MoveOptions): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(
    await openDataFolder(options.data, {
      live: true,
      ...(options.ports === undefined ? {} : { ports: options.ports }),
    }),
  );
  const settings = await settingsIn(options.settings ?? folder.liveSettings);
  const before = options.from === undefined ? undefined : await settingsIn(options.from);
  if (!settings.vault && !before?.vault)
    throw callerFault(
      'keys.same-custodian',
      'The keys are in files before and after. Name a Vault under `keys` in the settings, or with --from the settings that name the one to leave.',
    );
  if (options.destroy && before?.vault)
    throw callerFault(
      'keys.not-destroyed-here',
      'Keys at Vault are deleted by its administrator, since the parts of the platform may not. Move without --destroy-old; it prints their names.',
    );
  const databaseUrl = settings.databaseUrl ?? process.env['DATABASE_URL'];
  const rootKey = await rootKeyOf(folder, { ...options, ownDatabase: databaseUrl === undefined });
  const urlOf = await databaseOf(folder, { ...options, rootKey, databaseUrl }, stack);
  const custodian = async (live: LiveSettings | undefined, part: KeyKeeper): Promise<Custodian> =>
    stack.use(
      await openCustodian(keysOf({ folder, rootKey, vault: live?.vault }, part), {
        installation: (live ?? settings).installation,
        part,
        logger: silentLogger(),
        clock: systemClock,
      }),
    );
  for (const part of keyKeepers) {
    const [left, entered] = [await custodian(before, part), await custodian(settings, part)];
    const { of, moved, proved } = await movePart(part, urlOf, { left, entered }, settings.externalKeys);
    const names = of.map(tenantKeyName);
    if (options.destroy) for (const name of names) await left.destroyKey(name);
    options.moved({
      part,
      moved,
      values: proved,
      destroyed: options.destroy ? names.length : 0,
      left: before?.vault ? names.map((name) => pathAtVault(before, part, name)) : [],
    });
  }
}

type Owner = TenantId | 'platform';

const pathAtVault = ({ vault, installation }: LiveSettings, part: KeyKeeper, name: string): string =>
  `${vault?.mount}/keys/${vaultKeyPrefix(installation, part)}${name}`;

interface Custodians {
  readonly left: Custodian;
  readonly entered: Custodian;
}

async function movePart(
  part: KeyKeeper,
  urlOf: UrlOf,
  { left, entered }: Custodians,
  externalSettings: ExternalKeysSettings,
) {
  await using database = openDatabase({ url: urlOf(roles[part]), maxConnections: 1 });
  await using external = await externalKeysOf(part, { database, externalSettings, left, entered });
  const outer = external ? { outer: external } : {};
  const [from, to] = [
    createEnvelope({ custodian: left, ...outer }),
    createEnvelope({ custodian: entered, ...outer }),
  ] as const;
  const columns = sealedColumnsOf(part);
  const of = await database.acrossTenants((transaction) => ownersIn(columns, transaction));
  const forEach = async (work: (values: readonly SealedValue[]) => Promise<number>): Promise<number> => {
    let sum = 0;
    for (const owner of of)
      sum += await within(database, owner, async (transaction) => work(await valuesOf(columns, transaction, owner)));
    return sum;
  };
  const moved = await forEach((values) => moveSealed(values, from, to));
  // Only what is committed counts.
  const proved = await forEach((values) => proveSealed(values, to));
  return { of, moved, proved };
}

/**
 * The keys that tenants have in Vaults of their own, which stay where they are: what they have wrapped is wrapped by them
 * again. What signs in there is opened with whichever of the platform's keys sealed it.
 */
async function externalKeysOf(
  part: KeyKeeper,
  {
    database,
    externalSettings: settings,
    left,
    entered,
  }: Custodians & { readonly database: Database; readonly externalSettings: ExternalKeysSettings },
): Promise<ExternalKeys | undefined> {
  const keeper = externalKeepers.find((each) => each === part);
  if (!keeper) return undefined;
  const [from, to] = [createEnvelope({ custodian: left }), createEnvelope({ custodian: entered })] as const;
  const external = new ExternalKeys(
    { keeper, database, settings, clock: systemClock, logger: silentLogger() },
    (sealed, location) => from.open(sealed, location).catch(() => to.open(sealed, location)),
  );
  await external.load();
  return external;
}

const within = <Result>(database: Database, of: Owner, work: (transaction: Transaction) => Promise<Result>) =>
  of === 'platform' ? database.acrossTenants(work) : database.inTenant(of, work);

/** Whose keys sealed what is in the columns. */
async function ownersIn(columns: readonly SealedColumn[], transaction: Transaction): Promise<Owner[]> {
  const owners = new Set<Owner>();
  for (const { of, table } of columns) {
    if (of === 'platform') {
      owners.add('platform');
      continue;
    }
    const { rows } = await transaction.query<{ tenant_id: string }>(`select distinct tenant_id from ${table}`);
    for (const { tenant_id: id } of rows) owners.add(tenantId(id));
  }
  return [...owners].sort();
}

async function valuesOf(columns: readonly SealedColumn[], transaction: Transaction, owner: Owner) {
  const values: SealedValue[] = [];
  for (const column of columns)
    if ((column.of === 'platform') === (owner === 'platform'))
      values.push(...(await sealedValues(column, transaction, owner)));
  return values;
}

/** Settings whose keys and database can be used now; Discord and Lavalink need not answer. */
async function settingsIn(file: string): Promise<LiveSettings> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) throw callerFault('keys.no-settings', `${file} cannot be read. Name the settings file.`);
  const { settings, faults } = await lookAtLiveSettings(text, path.resolve(file));
  const fault = faults.find(({ at }) => at.startsWith('/keys') || at.startsWith('/databaseUrlFile'));
  if (fault) throw callerFault('keys.settings', `${file}: ${fault.at} ${fault.message}.`);
  return settings;
}

async function databaseOf(
  folder: DataFolder,
  {
    rootKey,
    databaseUrl,
    ports,
  }: MoveOptions & {
    readonly rootKey: Awaited<ReturnType<typeof rootKeyOf>>;
    readonly databaseUrl: string | undefined;
  },
  stack: AsyncDisposableStack,
): Promise<UrlOf> {
  return prepareDatabase(
    {
      folder: folder.postgres,
      port: planPorts(ports).ports.postgres,
      logFolder: folder.logs,
      rootKey,
      signal: new AbortController().signal,
      events: { step: () => () => undefined, ended: () => undefined, restarted: () => undefined },
      ...(databaseUrl === undefined ? {} : { url: databaseUrl }),
    },
    stack,
  );
}
