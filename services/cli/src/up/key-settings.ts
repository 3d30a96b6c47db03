import { randomBytes, type KeyObject } from 'node:crypto';
import path from 'node:path';
import { deriveKey } from '#security/keyring/keyring-file.ts';
import type { KeyKeeper } from '#security/keyring/custodian-owner.ts';
import type { KeysSettings } from '#security/keyring/open-custodian.ts';
import type { DataPaths } from './data-folder.ts';
import type { VaultOfInstallation } from './options.ts';

export interface KeysPlace {
  readonly folder: Pick<DataPaths, 'keyring'>;
  /** The root key in a file, which seals key files; without one they cannot be opened. */
  readonly rootKey?: KeyObject | undefined;
  /** By default the keys are files in the data folder. */
  readonly vault?: VaultOfInstallation | undefined;
}

/** Where a part of an installation has its keys; secret. */
export function keysOf({ folder, rootKey, vault }: KeysPlace, part: KeyKeeper): KeysSettings {
  if (vault) return vaultKeysOf(vault, part);
  const key = rootKey ? deriveKey(rootKey, `custodian/${part}`) : randomBytes(32);
  return { kind: 'file', folder: path.join(folder.keyring, part), keyBase64: key.toString('base64') };
}

/** Where a part has its keys at Vault; secret. */
export function vaultKeysOf({ signIns, ...server }: VaultOfInstallation, part: KeyKeeper): KeysSettings {
  return { kind: 'vault', ...server, ...signIns[part] };
}
