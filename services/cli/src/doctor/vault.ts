import { z } from 'zod';
import { systemClock } from '#infra/kernel/clock.ts';
import { tenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { tenantKeyName } from '#security/keyring/data-keys.ts';
import { keyKeepers, type KeyKeeper } from '#security/keyring/custodian-owner.ts';
import { VaultRefusal, VaultUnavailable } from '#security/keyring/vault/faults.ts';
import { vaultKeyPrefix } from '#security/keyring/vault/key-names.ts';
import { capabilitiesOn, vaultRightsOf, type VaultRight } from '#security/keyring/vault/rights.ts';
import { VaultSession } from '#security/keyring/vault/session.ts';
import type { VaultSettings } from '#security/keyring/vault/settings.ts';
import type { VaultOfInstallation } from '../up/options.ts';
import type { SealingKey } from './database.ts';
import { fault, ok, type Finding } from './finding.ts';
import { capped } from './key-files.ts';

const about = 'keys';
const atOnce = 8;

/** Every part's sign-in, rights and keys at Vault. @param sealedWith the keys that the database depends on */
export async function checkVaultKeys(
  { signIns, ...server }: VaultOfInstallation,
  installation: string,
  sealedWith: readonly SealingKey[],
): Promise<Finding[]> {
  const findings = keyKeepers.map((part) => {
    const names = sealedWith
      .filter(({ keeper }) => keeper === part)
      .map(({ of }) => tenantKeyName(of === 'platform' ? of : tenantId(of)));
    return checkVault({ ...server, ...signIns[part] }, { installation, part, names });
  });
  return (await Promise.all(findings)).flat();
}

export interface VaultKeys {
  readonly installation: string;
  readonly part: KeyKeeper;
  /** Names, as the custodian knows them, of the keys that have to be there. */
  readonly names: readonly string[];
}

/** One part's sign-in, rights and keys at Vault. Changes nothing there but the sign-in that it makes. */
export async function checkVault(settings: VaultSettings, keys: VaultKeys): Promise<Finding[]> {
  const { part } = keys;
  await using session = new VaultSession(settings, { clock: systemClock, logger: silentLogger() });
  try {
    const rights = await wrongRights(session, vaultRightsOf(keys.installation, part, settings.mount), part);
    const wrong = [...rights, ...(await wrongKeys(session, settings.mount, keys))];
    return wrong.length > 0 ? wrong : [ok(about, `${part} can use its keys at Vault`)];
  } catch (error) {
    if (error instanceof VaultUnavailable)
      return [fault(about, `${part} cannot use Vault: ${error.message}`, wayToVault(error.message, part, settings))];
    if (error instanceof VaultRefusal)
      return [fault(about, `${part} may not ask Vault for its rights: ${error.message}`, policyFix(part))];
    throw error;
  }
}

const policyFix = (part: KeyKeeper): string =>
  `write infra/deploy/vault/${part}.hcl as its policy again, and give its role no other (infra/deploy/vault/README.md)`;

function wayToVault(message: string, part: KeyKeeper, { kubernetes }: VaultSettings): string {
  if (message.includes('sealed')) return 'unseal it: vault operator unseal';
  if (message.includes("service account's token")) return "mount the token of the Pod's service account there";
  if (kubernetes && message.includes('sign-in was refused'))
    return `bind the role ${kubernetes.role} at Vault to this Pod's service account and namespace, and to the audience of its token`;
  return message.includes('sign-in was refused')
    ? `make a new secret id for the role of ${part}, write it into the secretIdFile of its settings, and start again`
    : 'check that it is running and can be reached from here';
}

async function wrongRights(session: VaultSession, rights: readonly VaultRight[], part: KeyKeeper): Promise<Finding[]> {
  const capabilitiesAt = await capabilitiesOn(
    session,
    rights.map(({ path }) => path),
  );
  return rights.flatMap(({ path, capabilities }) => {
    const has = capabilitiesAt(path);
    const lacks = capabilities.filter((each) => !has.includes(each));
    const more = has.filter((each) => !capabilities.includes(each));
    return [
      ...(lacks.length > 0 ? [fault(about, `${part} lacks ${lacks.join(', ')} on ${path}`, policyFix(part))] : []),
      ...(more.length > 0
        ? [fault(about, `${part} must not have ${more.join(', ')} on ${path}`, policyFix(part))]
        : []),
    ];
  });
}

async function wrongKeys(session: VaultSession, mount: string, keys: VaultKeys): Promise<readonly Finding[]> {
  const waiting = [...keys.names];
  const wrong: Finding[] = [];
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
      wrong.push(...(await keyFindings(session, mount, `${vaultKeyPrefix(keys.installation, keys.part)}${name}`)));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return capped(wrong, 'not as they should be');
}

const keySchema = z.object({ data: z.object({ exportable: z.boolean(), allow_plaintext_backup: z.boolean() }) });
const openedFix =
  "this cannot be undone: make sure that no policy allows transit/export or transit/backup, look in Vault's audit log for who changed it, and for a tenant's key store its Discord token again after deleting it";

async function keyFindings(session: VaultSession, mount: string, key: string): Promise<Finding[]> {
  const answer = await session
    .call((vault) => vault.read(`${mount}/keys/${key}`))
    .catch((error: unknown) => {
      if (error instanceof VaultRefusal) return error;
      throw error;
    });
  if (answer instanceof VaultRefusal) {
    // What else is refused is a right that is missing, which is reported.
    if (answer.status !== 404) return [];
    const fix = "restore Vault's storage from a backup; without one, what it sealed is lost";
    return [fault(about, `Vault has no key ${key}, and the database holds what it sealed`, fix)];
  }
  const { exportable, allow_plaintext_backup: backup } = keySchema.parse(answer).data;
  return [
    ...(exportable ? [fault(about, `the key ${key} can be exported`, openedFix)] : []),
    ...(backup ? [fault(about, `the key ${key} can be backed up in plain text`, openedFix)] : []),
  ];
}
