import { createHash } from 'node:crypto';
import { isTenantId, type TenantId } from '#infra/kernel/ids.ts';

const pattern = /^bwk_([0-9a-hjkmnp-tv-z]{26})_([A-Za-z0-9_-]{43})$/;

/**
 * An API key: `bwk_`, so that secret scanners find a lost one, its tenant, so that it is looked for among that tenant's
 * keys alone, and 256 random bits.
 */
export const apiKeyOf = (tenant: TenantId, secret: Buffer): string =>
  `bwk_${tenant.slice('ten_'.length)}_${secret.toString('base64url')}`;

/** True for what is meant as an API key, whether it is one or not. */
export const looksLikeApiKey = (token: string): boolean => token.startsWith('bwk_');

/** The tenant that a key names; nothing for what cannot be a key. */
export function tenantOfApiKey(key: string): TenantId | undefined {
  const match = pattern.exec(key);
  const tenant = `ten_${match?.[1]}`;
  return match && isTenantId(tenant) ? tenant : undefined;
}

/** What is stored of a key: its SHA-256. Its random bits need no salt and no slow hash. */
export const apiKeyHash = (key: string): Buffer => createHash('sha256').update(key).digest();
