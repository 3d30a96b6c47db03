import { z } from 'zod';
import { tenantId } from '#infra/kernel/ids.ts';
import { tenantKeyName } from '../data-keys.ts';
import { keyKeepers, type KeyKeeper } from '../custodian-owner.ts';
import { vaultKeyPrefix } from './key-names.ts';
import type { VaultSession } from './session.ts';

/** A path at Vault, and what a part may do there. */
export interface VaultRight {
  readonly path: string;
  readonly capabilities: readonly string[];
}

const anyTenant = tenantId(`ten_${'0'.repeat(26)}`);

/** Whose keys a part has: every tenant's, or one of the platform. */
export const ownersOf: Readonly<Record<KeyKeeper, readonly ('tenant' | 'platform')[]>> = {
  'token-service': ['platform'],
  'discord-edge': ['tenant'],
  worker: ['tenant', 'platform'],
  audio: ['tenant'],
  api: ['platform'],
  launcher: ['platform'],
};

const keyNamesOf = (installation: string, part: KeyKeeper): string[] =>
  ownersOf[part].map(
    (owner) => `${vaultKeyPrefix(installation, part)}${tenantKeyName(owner === 'platform' ? owner : anyTenant)}`,
  );

/** The parts that destroy a tenant's key with what it sealed; the audit log stays, and so does its key. */
export const destroyers: readonly KeyKeeper[] = ['discord-edge', 'audio'];

/**
 * What the policies in infra/deploy/vault allow a part, on a key as an example; and, with no capabilities, some of what
 * would give its keys away, or those of another part to it.
 */
export function vaultRightsOf(installation: string, part: KeyKeeper, mount: string): readonly VaultRight[] {
  const onKey = ['read', 'update', ...(destroyers.includes(part) ? ['delete'] : [])];
  const others = keyKeepers.filter((each) => each !== part).flatMap((other) => keyNamesOf(installation, other));
  return [
    ...keyNamesOf(installation, part).flatMap((key) => [
      { path: `${mount}/keys/${key}`, capabilities: onKey },
      // The rules for tenants' keys end with a wildcard, so they hold for what is below as well.
      { path: `${mount}/keys/${key}/rotate`, capabilities: key.endsWith('-platform') ? ['update'] : onKey },
      { path: `${mount}/encrypt/${key}`, capabilities: ['update'] },
      { path: `${mount}/decrypt/${key}`, capabilities: ['update'] },
      { path: `${mount}/export/encryption-key/${key}`, capabilities: [] },
      { path: `${mount}/backup/${key}`, capabilities: [] },
    ]),
    { path: 'auth/token/lookup-self', capabilities: ['read'] },
    { path: 'auth/token/renew-self', capabilities: ['update'] },
    ...others.map((key) => ({ path: `${mount}/decrypt/${key}`, capabilities: [] })),
  ];
}

const answerSchema = z.object({ data: z.record(z.string(), z.unknown()) });
const capabilitiesSchema = z.array(z.string());

/**
 * What a signed-in part may do on each of these paths; nothing where it is denied.
 * @throws VaultRefusal, VaultUnavailable
 */
export async function capabilitiesOn(
  session: VaultSession,
  paths: readonly string[],
): Promise<(path: string) => readonly string[]> {
  const answer = await session.call((vault) => vault.write('sys/capabilities-self', { paths }));
  const { data } = answerSchema.parse(answer);
  return (path) => capabilitiesSchema.parse(data[path]).filter((each) => each !== 'deny');
}
