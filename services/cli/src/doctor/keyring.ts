import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { KeyObject } from 'node:crypto';
import { BailiwickError } from '#infra/kernel/errors.ts';
import type { DataPaths } from '../up/data-folder.ts';
import type { LiveSettings } from '../up/live.ts';
import { fileRootKeyOf, keyFilesIn, refuseForgottenKey, wrappedRootKeysOf, type KeyFlags } from '../up/root-key.ts';
import { checkClosed } from './files.ts';
import { fault, ok, warning, type Finding } from './finding.ts';

interface KeyringFindings {
  readonly findings: Finding[];
  /** The key that the database's passwords derive from, if it can be opened. */
  readonly rootKey?: KeyObject;
  /** The key that seals key files, if it can be opened. */
  readonly fileRootKey?: KeyObject;
}

/**
 * Whether the root key can be opened, and the key if so; with the keys at Vault, also what is left in files. Creates
 * nothing. @param live the settings that name the Vault, if it answers
 */
export async function checkKeyring(
  dataPaths: DataPaths,
  flags: KeyFlags,
  live: Pick<LiveSettings, 'vault' | 'installation'> | undefined,
): Promise<KeyringFindings> {
  if (live?.vault) return checkWrapped(dataPaths, { ...live, vault: live.vault }, flags);
  if (![dataPaths.rootKey, dataPaths.wrappedRootKey, dataPaths.databaseVersion].some((file) => existsSync(file)))
    return { findings: [ok('keyring', 'none yet: the next start creates it')] };
  if (existsSync(dataPaths.wrappedRootKey) && !existsSync(dataPaths.rootKey))
    return { findings: [warning('keyring', `the root key is at Vault (${dataPaths.wrappedRootKey})`, useLive)] };
  return checkFile(dataPaths, flags);
}

const useLive = 'run the doctor with --live and the settings that name the Vault, which has to answer';

async function checkFile(dataPaths: DataPaths, flags: KeyFlags): Promise<KeyringFindings> {
  const secrets = [dataPaths.rootKey, dataPaths.keyFile, ...(flags.passphraseFile ? [flags.passphraseFile] : [])];
  const open = (await Promise.all(secrets.map((file) => checkClosed('keyring', file)))).flat();
  return findingsOf(async () => {
    refuseForgottenKey(dataPaths);
    const rootKey = await fileRootKeyOf(dataPaths, flags);
    return { findings: [ok('keyring', 'the root key can be opened'), ...open], rootKey, fileRootKey: rootKey };
  }, open);
}

async function checkWrapped(
  dataPaths: DataPaths,
  live: { readonly vault: NonNullable<LiveSettings['vault']>; readonly installation: string },
  flags: KeyFlags,
): Promise<KeyringFindings> {
  const left = await leftovers(dataPaths);
  if (!existsSync(dataPaths.wrappedRootKey)) {
    if (existsSync(dataPaths.rootKey)) {
      const { findings, ...keys } = await checkFile(dataPaths, flags);
      return { findings: [...findings, ...left], ...keys };
    }
    return findingsOf(async () => {
      refuseForgottenKey(dataPaths);
      return { findings: [ok('keyring', 'none yet: the next start creates it')] };
    }, left);
  }
  return findingsOf(async () => {
    const { current: rootKey } = await wrappedRootKeysOf(dataPaths, live);
    return { findings: [ok('keyring', 'the root key can be opened with Vault'), ...left], rootKey };
  }, left);
}

/** With the keys at Vault, nothing that opens anything belongs into a file. */
async function leftovers(dataPaths: DataPaths): Promise<Finding[]> {
  const files = await keyFilesIn(dataPaths);
  const kept = (await readdir(dataPaths.keyring).catch(() => [])).filter((name) => name.startsWith('kept-'));
  const findings = kept.map((name) =>
    warning(
      'keyring',
      `${path.join(dataPaths.keyring, name)} holds keys from before a move`,
      'delete the folder once no backup from before the move is needed',
    ),
  );
  if (files.length > 0)
    return [
      ...findings,
      fault(
        'keyring',
        `${files.length} keys are still in files under ${dataPaths.keyring}`,
        'stop the installation and run `bailiwick keys move`, which destroys them once everything opens with Vault',
      ),
    ];
  if (!existsSync(dataPaths.rootKey)) return findings;
  return [
    ...findings,
    warning(
      'keyring',
      `the root key is still in a file (${dataPaths.rootKey})`,
      'start the installation once with these settings: what needs it is carried over, and the file is destroyed',
    ),
  ];
}

async function findingsOf(look: () => Promise<KeyringFindings>, otherwise: Finding[]): Promise<KeyringFindings> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof BailiwickError)) throw error;
    const fix = fixes[error.code] ?? 'restore it from a backup';
    return { findings: [fault('keyring', error.message, fix), ...otherwise] };
  }
}

const fixes: Readonly<Record<string, string>> = {
  'keyring.wrong-passphrase': 'give the file with the right passphrase in --passphrase-file',
  'keyring.other-unlock': 'use --passphrase-file or not, as when it was created',
  'keyring.unavailable': 'see the findings about keys: the launcher has to be able to sign in at Vault',
  'keyring.other-custodian': 'name the Vault in the settings that has wrapped it',
  'up.passphrase': 'write it into that file',
};
