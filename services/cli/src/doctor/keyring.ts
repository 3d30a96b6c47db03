import { existsSync } from 'node:fs';
import type { KeyObject } from 'node:crypto';
import { BailiwickError } from '#infra/kernel/errors.ts';
import type { DataPaths } from '../up/data-folder.ts';
import { rootKeyOf, type KeyFlags } from '../up/root-key.ts';
import { checkClosed } from './files.ts';
import { fault, ok, type Finding } from './finding.ts';

/** Whether the root key can be opened, and the key if so. Creates nothing. */
export async function checkKeyring(
  dataPaths: DataPaths,
  flags: KeyFlags,
): Promise<{ findings: Finding[]; rootKey?: KeyObject }> {
  if (!existsSync(dataPaths.rootKey) && !existsSync(dataPaths.databaseVersion))
    return { findings: [ok('keyring', 'none yet: the next start creates it')] };
  const secrets = [dataPaths.rootKey, dataPaths.keyFile, ...(flags.passphraseFile ? [flags.passphraseFile] : [])];
  const open = (await Promise.all(secrets.map((file) => checkClosed('keyring', file)))).flat();
  try {
    const rootKey = await rootKeyOf(dataPaths, { ...flags, ownDatabase: true });
    return { findings: [ok('keyring', 'the root key can be opened'), ...open], rootKey };
  } catch (error) {
    if (!(error instanceof BailiwickError)) throw error;
    return { findings: [fault('keyring', error.message, fixes[error.code] ?? 'restore it from a backup'), ...open] };
  }
}

const fixes: Readonly<Record<string, string>> = {
  'keyring.wrong-passphrase': 'give the file with the right passphrase in --passphrase-file',
  'keyring.other-unlock': 'use --passphrase-file or not, as when it was created',
  'up.passphrase': 'write it into that file',
};
