import { createHash, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';

/** What a holder other than the token service may sign with a key that it shares with the only verifiers of it. */
export const sharedKeyUses = ['transaction-token', 'grant'] as const;
export type SharedKeyUse = (typeof sharedKeyUses)[number];
/** What a key may sign; a key of one use is not valid for another. */
export type KeyUse = 'call-token' | SharedKeyUse;

/** The one algorithm of each use (RFC 8037, RFC 7518): a token is never verified with a key of the other kind. */
export const algorithmOf = {
  'call-token': 'EdDSA',
  'transaction-token': 'HS256',
  grant: 'HS256',
} as const satisfies Record<KeyUse, string>;

/** A key with what it may sign, for which workload and how long: a public Ed25519 key, or a shared secret. */
export interface VerificationKey {
  readonly kid: string;
  readonly use: KeyUse;
  /** SPIFFE id of the only workload that may sign with it. */
  readonly holder: string;
  readonly key: KeyObject;
  /** From this moment on, nothing that it signed is accepted. */
  readonly notAfterMs: number;
}

/** A token whose signature was checked: checking it again costs a hash. Revocation and times are checked each time. */
interface VerifiedToken {
  readonly kid: string;
  readonly claims: unknown;
}

/** The keys with which tokens are verified, followed from the token service. */
export interface VerificationKeys {
  /**
   * Undefined for a key that is unknown, of another use or expired. A promise only for an unknown one, after at most
   * one refetch per second.
   */
  find(kid: string, use: KeyUse): VerificationKey | undefined | Promise<VerificationKey | undefined>;
  /** Cached by the token's hash; invalid once `find` no longer knows its key. */
  readonly verified: BoundedMap<string, VerifiedToken>;
}

/** 32 bytes. */
const keyText = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
/** The public part of a signing key (RFC 8037). */
export const publicJwkSchema = z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: keyText });
export type PublicJwk = z.infer<typeof publicJwkSchema>;
/** A shared secret (RFC 7518, 6.4). */
export const secretJwkSchema = z.strictObject({ kty: z.literal('oct'), k: keyText });
export type SecretJwk = z.infer<typeof secretJwkSchema>;

const published = {
  use: z.literal('sig'),
  kid: keyText,
  'bailiwick:holder': z.string().max(256),
  /** Milliseconds since the epoch. */
  'bailiwick:not_after': z.number().int(),
};
/** A key as the token service gives it to those who verify with it (RFC 7517, with members of our own). */
const publishedKeySchema = z.discriminatedUnion('kty', [
  publicJwkSchema.extend({ ...published, alg: z.literal('EdDSA'), 'bailiwick:use': z.literal('call-token') }),
  secretJwkSchema.extend({ ...published, alg: z.literal('HS256'), 'bailiwick:use': z.enum(sharedKeyUses) }),
]);
export type PublishedKey = z.infer<typeof publishedKeySchema>;

/** A key that the caller has shared with another workload, and until when what it signs with it is accepted. */
const heldKeySchema = z.object({ kid: keyText, notAfterMs: z.number().int() });
export type HeldKey = z.infer<typeof heldKeySchema>;

/** The response to GET /v1/keys: a JWK set (RFC 7517, 5), and the caller's own keys. */
export const keySetSchema = z.object({
  keys: z.array(publishedKeySchema).max(10_000),
  held: z.array(heldKeySchema).max(10_000).default([]),
});
export type KeySet = z.infer<typeof keySetSchema>;

/** The name of a key that nobody can choose: its RFC 7638 thumbprint. */
export const keyThumbprint = (jwk: PublicJwk | SecretJwk): string =>
  createHash('sha256')
    .update(JSON.stringify(jwk.kty === 'OKP' ? { crv: jwk.crv, kty: jwk.kty, x: jwk.x } : { k: jwk.k, kty: jwk.kty }))
    .digest('base64url');

/** Imports a published key for verification; undefined if its name is not its thumbprint. */
function toVerificationKey(jwk: PublishedKey): VerificationKey | undefined {
  if (keyThumbprint(jwk) !== jwk.kid) return undefined;
  return {
    kid: jwk.kid,
    use: jwk['bailiwick:use'],
    holder: jwk['bailiwick:holder'],
    key:
      jwk.kty === 'OKP'
        ? createPublicKey({ key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, format: 'jwk' })
        : createSecretKey(jwk.k, 'base64url'),
    notAfterMs: jwk['bailiwick:not_after'],
  };
}

const rememberedTokens = 10_000;
const refetchEveryMs = 1_000;

export interface FollowedKeys extends VerificationKeys {
  /** Fetches now, even if it fetched recently; for the timer and for the token service's own notice of a change. */
  refresh(): Promise<void>;
}

/**
 * Keeps the result of `fetchKeys`. An unknown kid causes a new fetch at most once a second, so that a flood of hostile
 * kids costs the token service nothing; during a fetch, all requests wait for the same one.
 */
export function followKeys(options: { fetchKeys: () => Promise<Pick<KeySet, 'keys'>>; clock: Clock }): FollowedKeys {
  const { fetchKeys, clock } = options;
  const verified = new BoundedMap<string, VerifiedToken>(rememberedTokens);
  let known = new Map<string, VerificationKey>();
  let underWay: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let refetchedAtMs = Number.NEGATIVE_INFINITY;
  let refetch: Promise<void> | undefined;

  const fetchNow = async (): Promise<void> => {
    const { keys } = await fetchKeys();
    const fetched = new Map<string, VerificationKey>();
    for (const published of keys) {
      const key = known.get(published.kid) ?? toVerificationKey(published);
      if (key) fetched.set(key.kid, { ...key, notAfterMs: published['bailiwick:not_after'] });
    }
    known = fetched;
  };
  /** A fetch that started before the call may have missed the change that the caller knows of. */
  const refresh = (): Promise<void> => {
    const before = underWay?.catch(() => undefined) ?? Promise.resolve();
    next ??= before.then(() => {
      next = undefined;
      underWay = fetchNow().finally(() => {
        underWay = undefined;
      });
      return underWay;
    });
    return next;
  };
  const usable = (kid: string, use: KeyUse): VerificationKey | undefined => {
    const key = known.get(kid);
    return key && key.use === use && key.notAfterMs > clock.now() ? key : undefined;
  };
  const findAfresh = async (kid: string, use: KeyUse): Promise<VerificationKey | undefined> => {
    if (clock.now() - refetchedAtMs >= refetchEveryMs) {
      refetchedAtMs = clock.now();
      refetch = refresh();
    }
    // If the token service is unreachable, the kid stays unknown: it is refused without waiting.
    await refetch?.catch(() => undefined);
    return usable(kid, use);
  };
  return {
    verified,
    refresh,
    find: (kid, use) => (known.has(kid) ? usable(kid, use) : findAfresh(kid, use)),
  };
}
