import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { keyKeepers, type KeyKeeper } from '#security/keyring/custodian-owner.ts';
import type { AppRole, RoleOptions, VaultServer } from './vault-server.ts';

const folder = path.resolve(import.meta.dirname, '../../../infra/deploy/vault');

/** The policy that an operator gives to a part of this installation. */
export async function policyOf(installation: string, part: KeyKeeper): Promise<string> {
  const text = await readFile(path.join(folder, `${part}.hcl`), 'utf8');
  return text.replaceAll('bots.example.com', installation);
}

/** A role for each part, as infra/deploy/vault/README.md makes them. */
export async function rolesOf(
  vault: VaultServer,
  installation: string,
  options?: RoleOptions,
): Promise<Record<KeyKeeper, AppRole>> {
  const role = async (part: KeyKeeper) =>
    vault.role(`bw-${installation}-${part}`, await policyOf(installation, part), options);
  const roles = await Promise.all(keyKeepers.map(async (part) => [part, await role(part)] as const));
  return Object.fromEntries(roles) as Record<KeyKeeper, AppRole>;
}
