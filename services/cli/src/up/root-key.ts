import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { KeyObject } from 'node:crypto';
import { callerFault } from '#infra/kernel/errors.ts';
import { openRootKey } from '#security/keyring/keyring-file.ts';
import type { DataPaths } from './data-folder.ts';

/** What opens the root key: the passphrase in this file, or by default the key file in the data folder. */
export interface KeyFlags {
  readonly passphraseFile?: string | undefined;
}

/**
 * The key from which an installation derives all others; created at the first start.
 * @throws BailiwickError up.keyring-missing, up.passphrase, and as openRootKey
 */
export async function rootKeyOf(
  dataPaths: DataPaths,
  flags: KeyFlags & { readonly ownDatabase: boolean },
): Promise<KeyObject> {
  if (flags.ownDatabase) refuseForgottenKey(dataPaths);
  return openRootKey({ file: dataPaths.rootKey, ...(await keySource(flags, dataPaths)) });
}

/** A new key could open none of the existing data: the lost one has to come from a backup. */
function refuseForgottenKey({ rootKey, databaseVersion }: DataPaths): void {
  if (existsSync(rootKey) || !existsSync(databaseVersion)) return;
  const message = `${rootKey} is missing, and the database beside it was created with it: restore the keyring folder from a backup, or choose another --data.`;
  throw callerFault('up.keyring-missing', message);
}

async function keySource({ passphraseFile }: KeyFlags, { keyFile }: DataPaths) {
  if (passphraseFile === undefined) return { keyFile };
  const passphrase = (await readFile(passphraseFile, 'utf8').catch(() => '')).trim();
  if (passphrase.length > 0) return { passphrase };
  const message = `There is no passphrase in ${passphraseFile}: write the keyring's passphrase into it.`;
  throw callerFault('up.passphrase', message);
}
