import { createHash } from 'node:crypto';
import { isTenantId, type TenantId } from '#infra/kernel/ids.ts';

const pattern = /^bwk_([0-9a-hjkmnp-tv-z]{26})_([A-Za-z0-9_-]{43})$/;

/**
 * An API key: `bwk_`, so that secret scanners recognise a leaked one; its tenant, so that only that tenant's keys are
 * searched; and 256 random bits.
 */
export const apiKeyOf = (tenant: TenantId, secret: Buffer): string =>
  `bwk_${tenant.slice('ten_'.length)}_${secret.toString('base64url')}`;

/** True for anything meant to be an API key, whether it is valid or not. */
export const looksLikeApiKey = (token: string): boolean => token.startsWith('bwk_');

/** The tenant that a key names; undefined for anything that cannot be a key. */
export function tenantOfApiKey(key: string): TenantId | undefined {
  const match = pattern.exec(key);
  const tenant = `ten_${match?.[1]}`;
  return match && isTenantId(tenant) ? tenant : undefined;
}

/** The stored form of a key: its SHA-256. Its random bits need no salt and no slow hash. */
export const apiKeyHash = (key: string): Buffer => createHash('sha256').update(key).digest();
