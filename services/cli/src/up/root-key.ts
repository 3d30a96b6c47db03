import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { KeyObject } from 'node:crypto';
import { systemClock } from '#infra/kernel/clock.ts';
import { callerFault, hasCode } from '#infra/kernel/errors.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { destroyFile } from '#security/keyring/atomic-file.ts';
import { keyKeepers } from '#security/keyring/custodian-owner.ts';
import { openRootKey } from '#security/keyring/keyring-file.ts';
import { openCustodian } from '#security/keyring/open-custodian.ts';
import {
  openWrappedRootKeys,
  replaceWrappedRootKey,
  type WrappedRootKeys,
} from '#security/keyring/wrapped-root-key.ts';
import type { DataPaths } from './data-folder.ts';
import { vaultKeysOf } from './key-settings.ts';
import type { VaultOfInstallation } from './options.ts';

/** What opens the root key in a file: the passphrase in this file, or by default the key file in the data folder. */
export interface KeyFlags {
  readonly passphraseFile?: string | undefined;
}

/** Where the root key of an installation is: wrapped by its Vault, or by default in a file. */
export interface RootKeyPlace extends KeyFlags {
  readonly vault?: VaultOfInstallation | undefined;
  readonly installation: string;
  /** The database is in the data folder. */
  readonly ownDatabase: boolean;
}

export interface RootKeys {
  /** The key from which an installation derives all others. */
  readonly current: KeyObject;
  /** The key that it replaces, where there is one: the database may still have passwords that derive from it. */
  readonly earlier?: () => Promise<KeyObject>;
}

/**
 * The root key where it has to be; created at the first start. Where the keys are at Vault, and the root key is still in
 * a file, a new one is created, which the next start of the database takes into use.
 * @throws BailiwickError up.keyring-missing, up.keys-elsewhere, up.passphrase, and as openRootKey and openWrappedRootKeys
 */
export async function rootKeysOf(dataPaths: DataPaths, place: RootKeyPlace): Promise<RootKeys> {
  const isInFile = existsSync(dataPaths.rootKey);
  const isAtVault = existsSync(dataPaths.wrappedRootKey);
  if (place.ownDatabase) refuseForgottenKey(dataPaths);
  const { vault, installation } = place;
  if (!vault) {
    if (isAtVault && !isInFile) throw elsewhere('at Vault', dataPaths.wrappedRootKey);
    const earlier = async (): Promise<KeyObject> => {
      throw keysAreMoving();
    };
    return { current: await fileRootKeyOf(dataPaths, place), ...(isAtVault ? { earlier } : {}) };
  }
  if (!isAtVault && (await keyFilesIn(dataPaths)).length > 0) throw elsewhere('in files', dataPaths.keyring);
  const { current, earlier } = await wrappedRootKeysOf(dataPaths, { vault, installation }, 'replaced when it is due');
  if (earlier) return { current, earlier: async () => earlier };
  return { current, ...(isInFile ? { earlier: () => fileRootKeyOf(dataPaths, place) } : {}) };
}

/** @throws BailiwickError up.passphrase, and as openRootKey */
export const fileRootKeyOf = async (dataPaths: DataPaths, flags: KeyFlags): Promise<KeyObject> =>
  openRootKey({ file: dataPaths.rootKey, ...(await keySource(flags, dataPaths)) });

/** The launcher signs in at Vault for this alone. @throws as openWrappedRootKeys */
export async function wrappedRootKeysOf(
  { wrappedRootKey: file }: DataPaths,
  { vault, installation }: { readonly vault: VaultOfInstallation; readonly installation: string },
  how: 'as it is' | 'replaced when it is due' = 'as it is',
): Promise<WrappedRootKeys> {
  const clock = systemClock;
  await using custodian = await openCustodian(vaultKeysOf(vault, 'launcher'), {
    installation,
    part: 'launcher',
    logger: silentLogger(),
    clock,
  });
  if (how === 'replaced when it is due')
    await replaceWrappedRootKey({ file, custodian, clock }).catch((error: unknown) => {
      // A policy of an earlier release does not let the launcher rotate its key, which `bailiwick doctor` reports. If
      // Vault is away, opening fails as well.
      if (!hasCode(error, 'keyring.unavailable')) throw error;
    });
  return await openWrappedRootKeys({ file, custodian, clock });
}

/** The files with keys of the parts, as paths in the keyring folder. */
export async function keyFilesIn({ keyring }: Pick<DataPaths, 'keyring'>): Promise<string[]> {
  const folders = await Promise.all(
    keyKeepers.map(async (part) => {
      const names = await readdir(path.join(keyring, part)).catch(() => []);
      return names.filter((name) => name.endsWith('.key')).map((name) => path.join(part, name));
    }),
  );
  return folders.flat();
}

/** Once nothing derives from it, and it seals no key file. */
export async function destroyFileRootKey({ rootKey, keyFile }: DataPaths): Promise<void> {
  // First what opens it.
  await destroyFile(keyFile);
  await destroyFile(rootKey);
}

/** A new key could open none of the existing data: the lost one has to come from a backup. */
export function refuseForgottenKey({ rootKey, wrappedRootKey, databaseVersion }: DataPaths): void {
  if (existsSync(rootKey) || existsSync(wrappedRootKey) || !existsSync(databaseVersion)) return;
  const message = `${rootKey} is missing, and the database beside it was created with it: restore the keyring folder from a backup, or choose another --data.`;
  throw callerFault('up.keyring-missing', message);
}

const elsewhere = (where: string, file: string) =>
  callerFault(
    'up.keys-elsewhere',
    `The keys of this installation are ${where} (${file}), and its settings say otherwise. Move them with \`bailiwick keys move\`, or correct \`keys\` in the settings.`,
  );

/** For a start in the middle of a move. */
export const keysAreMoving = () =>
  callerFault(
    'up.keys-moving',
    'The keys of this installation are being moved, or have been. Run `bailiwick keys move` again, or start with the settings that it was run with.',
  );

async function keySource({ passphraseFile }: KeyFlags, { keyFile }: DataPaths) {
  if (passphraseFile === undefined) return { keyFile };
  const passphrase = (await readFile(passphraseFile, 'utf8').catch(() => '')).trim();
  if (passphrase.length > 0) return { passphrase };
  const message = `There is no passphrase in ${passphraseFile}: write the keyring's passphrase into it.`;
  throw callerFault('up.passphrase', message);
}
