import type { KeyObject } from 'node:crypto';
import path from 'node:path';
import { deriveKey } from '#security/keyring/keyring-file.ts';
import type { KeyKeeper } from '#security/keyring/custodian-owner.ts';
import type { KeysSettings } from '#security/keyring/open-custodian.ts';
import type { DataPaths } from './data-folder.ts';
import type { VaultOfInstallation } from './options.ts';

export interface KeysPlace {
  readonly folder: Pick<DataPaths, 'keyring'>;
  readonly rootKey: KeyObject;
  /** By default the keys are files in the data folder. */
  readonly vault?: VaultOfInstallation | undefined;
}

/** Where a part of an installation has its keys; secret. */
export function keysOf({ folder, rootKey, vault }: KeysPlace, part: KeyKeeper): KeysSettings {
  if (vault) {
    const { signIns, ...server } = vault;
    return { kind: 'vault', ...server, ...signIns[part] };
  }
  return {
    kind: 'file',
    folder: path.join(folder.keyring, part),
    keyBase64: deriveKey(rootKey, `custodian/${part}`).toString('base64'),
  };
}
