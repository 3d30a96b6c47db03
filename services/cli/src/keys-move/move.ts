import { existsSync } from 'node:fs';
import type { KeyObject } from 'node:crypto';
import path from 'node:path';
import process from 'node:process';
import { isDeepStrictEqual } from 'node:util';
import { openDatabase } from '#infra/database/pool.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { newId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { openCustodian } from '#security/keyring/open-custodian.ts';
import { rewrapRootKey } from '#security/keyring/wrapped-root-key.ts';
import { openDataFolder, type DataPaths } from '../up/data-folder.ts';
import { prepareDatabase } from '../up/database.ts';
import { vaultKeysOf } from '../up/key-settings.ts';
import type { LiveSettings } from '../up/live.ts';
import type { VaultOfInstallation } from '../up/options.ts';
import { planPorts } from '../up/ports.ts';
import { fileRootKeyOf, refuseForgottenKey, wrappedRootKeysOf, type KeyFlags, type RootKeys } from '../up/root-key.ts';
import { takeOverEarlierKeys } from '../up/stored-keys.ts';
import { carryOutMove, type MovedPart } from './carry-out.ts';
import type { KeyMoveInput, MoveProgress } from './saga.ts';
import { settingsIn } from './settings-in.ts';

export interface MoveOptions extends KeyFlags {
  readonly data: string;
  readonly ports?: number;
  /** Settings of the installation as it will run. */
  readonly settings?: string;
  /** Settings with the custodian that it leaves; without them, that is the files in the data folder. */
  readonly from?: string;
  /** Old keys in files, and the root key that seals them, stay. */
  readonly keepOld: boolean;
  readonly told: MoveProgress;
}

/**
 * Seals everything that an installation has stored under another custodian, while the installation is stopped: from
 * files to Vault, from Vault to files, or from one Vault to another. An interrupted move is continued by the next run,
 * or by the next start. Old keys in files are destroyed at the end; those at Vault are deleted by its administrator.
 * @throws up.running, keys.same-custodian, keyring.unavailable, keyring.opens-nowhere, and for faulty settings
 */
export async function moveKeys(options: MoveOptions): Promise<readonly MovedPart[]> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(
    await openDataFolder(options.data, {
      live: true,
      ...(options.ports === undefined ? {} : { ports: options.ports }),
    }),
  );
  const files = {
    settings: path.resolve(options.settings ?? folder.liveSettings),
    before: options.from === undefined ? null : path.resolve(options.from),
  };
  const after = await settingsIn(files.settings);
  const before = files.before === null ? undefined : await settingsIn(files.before);
  const input: KeyMoveInput = {
    moveId: newId('mov'),
    ...files,
    from: before?.vault ? 'vault' : 'files',
    to: after.vault ? 'vault' : 'files',
    keepOld: options.keepOld,
  };
  if (input.from === 'files' && input.to === 'files')
    throw callerFault(
      'keys.same-custodian',
      'The keys are in files before and after. Name a Vault under `keys` in the settings, or with --from the settings that name the one to leave.',
    );
  const databaseUrl = after.databaseUrl ?? process.env['DATABASE_URL'];
  if (databaseUrl === undefined) refuseForgottenKey(folder);
  const { fileRootKey, current, earlier } = await rootKeysOfMove(folder, options, { before, after });
  const urlOf = await prepareDatabase(
    {
      folder: folder.postgres,
      port: planPorts(options.ports).ports.postgres,
      logFolder: folder.logs,
      rootKey: current,
      earlierRootKey: earlier,
      signal: new AbortController().signal,
      events: { step: () => () => undefined, ended: () => undefined, restarted: () => undefined },
      ...(databaseUrl === undefined ? {} : { url: databaseUrl }),
    },
    stack,
  );
  const place = { folder, rootKey: fileRootKey, vault: before?.vault };
  const { installation } = before ?? after;
  if (fileRootKey) {
    await using database = openDatabase({ url: urlOf('api'), maxConnections: 1 });
    await takeOverEarlierKeys({ place, installation, database, earlier: async () => fileRootKey });
  }
  const choose = (unfinished: readonly KeyMoveInput[]) => unfinished.find((each) => isSame(each, input)) ?? input;
  return await carryOutMove({ folder, urlOf, fileRootKey, after }, choose, options.told);
}

const isSame = (one: KeyMoveInput, other: KeyMoveInput): boolean =>
  isDeepStrictEqual({ ...one, moveId: '' }, { ...other, moveId: '' });

interface Ends {
  readonly before: LiveSettings | undefined;
  readonly after: LiveSettings;
}

/**
 * The root key where it will be, created if need be, and the one that it replaces, unless an earlier run has destroyed
 * it. The database has the passwords of the new one from the beginning of the move.
 */
async function rootKeysOfMove(
  folder: DataPaths,
  flags: KeyFlags,
  { before, after }: Ends,
): Promise<RootKeys & { readonly fileRootKey: KeyObject | undefined }> {
  const wrapped = ({ vault, installation }: LiveSettings) =>
    vault ? wrappedRootKeysOf(folder, { vault, installation }) : undefined;
  const inFile = async () => (existsSync(folder.rootKey) ? await fileRootKeyOf(folder, flags) : undefined);
  if (!after.vault) {
    const left = before && existsSync(folder.wrappedRootKey) ? await wrapped(before) : undefined;
    if (left?.earlier)
      throw callerFault(
        'keys.root-key-changing',
        'The root key is being replaced. Start the installation once with the settings that it leaves, stop it, and run this again.',
        409,
      );
    const current = await fileRootKeyOf(folder, flags);
    return { fileRootKey: current, current, ...(left ? { earlier: async () => left.current } : {}) };
  }
  const fileRootKey = await inFile();
  if (before?.vault && existsSync(folder.wrappedRootKey)) {
    await using from = await launcherCustodian(before.vault, before.installation);
    await using to = await launcherCustodian(after.vault, after.installation);
    await rewrapRootKey({ file: folder.wrappedRootKey, from, to });
  }
  const entered = await wrappedRootKeysOf(folder, { vault: after.vault, installation: after.installation });
  const earlier = entered.earlier ?? fileRootKey;
  return { fileRootKey, current: entered.current, ...(earlier ? { earlier: async () => earlier } : {}) };
}

const launcherCustodian = (vault: VaultOfInstallation, installation: string) =>
  openCustodian(vaultKeysOf(vault, 'launcher'), {
    installation,
    part: 'launcher',
    logger: silentLogger(),
    clock: systemClock,
  });
