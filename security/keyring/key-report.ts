import { z } from 'zod';
import { hasCode } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Custodian, KeyVersion } from './custodian.ts';
import { keyVersionOf } from './envelope.ts';
import { tenantKeyName } from './data-keys.ts';

/** What a process reports about one version of a tenant's key: never the key. */
export const keyReportSchema = z.object({
  keys: z.array(
    z.object({
      /**
       * data: seals the tenant's Discord token and gateway session; audit-checkpoint: signs the checkpoints of its
       * audit log; audit-key: seals the private part of the signing key, and what is secret of webhooks; library: seals members' favourites and
       * playlists, and the servers' histories, sessions and timelines.
       */
      purpose: z.enum(['data', 'audit-checkpoint', 'audit-key', 'library']),
      version: z.number().int().min(1),
      algorithm: z.string(),
      createdAt: z.iso.datetime(),
      /** How many stored values, or records of the log, depend on it. */
      protects: z.number().int().min(0),
      /** current: used for sealing or signing now; retired: only opens what it sealed before. */
      state: z.enum(['current', 'retired']),
    }),
  ),
});

export type KeyReport = z.infer<typeof keyReportSchema>;
export type ReportedKey = KeyReport['keys'][number];

interface SealedWith {
  readonly purpose: ReportedKey['purpose'];
  readonly sealed: readonly Uint8Array[];
  readonly counted?: readonly { readonly value: Uint8Array; readonly count: number }[];
}

/**
 * Every version of the key that seals a tenant's values in this process, newest first; none if nothing has been sealed
 * yet. `sealed` are the values, or their first bytes; `counted` are further ones, as the first bytes that many of them have
 * in common. @throws keyring.unavailable, and as keyVersionOf
 */
export async function sealingKeys(
  custodian: Pick<Custodian, 'versions'>,
  tenant: TenantId,
  { purpose, sealed, counted = [] }: SealedWith,
): Promise<ReportedKey[]> {
  const versions = await versionsOf(custodian, tenant);
  const used = [...sealed.map((value) => ({ value, count: 1 })), ...counted].map(({ value, count }) => ({
    version: keyVersionOf(value),
    count,
  }));
  return versions
    .map(({ version, createdAt }, at) => ({
      purpose,
      version,
      algorithm: 'AES-256-GCM',
      createdAt: createdAt.toISOString(),
      protects: used.reduce((sum, each) => sum + (each.version === version ? each.count : 0), 0),
      state: at === versions.length - 1 ? ('current' as const) : ('retired' as const),
    }))
    .toReversed();
}

async function versionsOf(custodian: Pick<Custodian, 'versions'>, tenant: TenantId): Promise<readonly KeyVersion[]> {
  try {
    return await custodian.versions(tenantKeyName(tenant));
  } catch (error) {
    if (hasCode(error, 'keyring.unknown-key')) return [];
    throw error;
  }
}
