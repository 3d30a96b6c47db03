import { hash, sign, type KeyObject } from 'node:crypto';
import { compactVerify, errors } from 'jose';
import { z } from 'zod';
import type { SignedTokenFault } from '#infra/http/denial-codes.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import { accept, reject, type Verdict } from '#infra/kernel/verdict.ts';
import type { Revocations } from './revocations.ts';
import type { KeyUse, VerificationKey, VerificationKeys } from './verification-keys.ts';

/** What every verification needs. */
export interface VerifyContext {
  readonly installation: InstallationId;
  readonly keys: VerificationKeys;
  readonly revocations: Revocations;
  readonly nowMs: number;
}

/** The claims of every token here (RFC 7519, 4.1), in seconds since the epoch. */
export const timedClaims = {
  iss: z.string().max(256),
  aud: z.string().max(256),
  iat: z.number().int().nonnegative(),
  exp: z.number().int().nonnegative(),
};
export interface TimedClaims {
  readonly iss: string;
  readonly aud: string;
  readonly iat: number;
  readonly exp: number;
}

/** What distinguishes one kind of token from the others. */
export interface TokenKind<Claims extends TimedClaims> {
  /** Exact value of the header's `typ` (RFC 8725, 3.11). */
  readonly typ: string;
  readonly use: KeyUse;
  /** Strict: an unknown claim is a fault. */
  readonly claims: z.ZodType<Claims>;
  /** Maximum `exp` - `iat`. */
  readonly maxLifetimeSec: number;
  /** True for tokens that are sent repeatedly: their signature is checked once. */
  readonly remembered: boolean;
}

/** A valid token, and the SPIFFE id whose key signed it. */
export interface SignedClaims<Claims> {
  readonly claims: Claims;
  readonly holder: string;
}

/** How far the issuer's clock may be ahead of ours. `exp` is exact: a token never lives longer than it states. */
const clockSkewMs = 5_000;
/** A member with Discord's 250 roles fits; Node accepts 16 KiB of headers in total. */
const maxTokenLength = 12_288;
const maxHeaderLength = 256;
const kidPattern = /^[A-Za-z0-9_-]{43}$/;
const headerMembers = new Set(['alg', 'kid', 'typ']);

/**
 * Verifies a compact JWS (RFC 7515, 7.1) in the exact form in which this platform issues them. Refused before any key
 * is looked up: other serialisations, non-canonical base64url, duplicate JSON members, any header member except alg,
 * typ and kid (so no crit, jwk, jku, x5u, x5c, b64), any algorithm except EdDSA (RFC 8725, 3.1), another typ. The rest
 * is up to the caller: audience, issuer, binding, revocation.
 */
export async function verifySignedToken<Claims extends TimedClaims>(
  token: string,
  kind: TokenKind<Claims>,
  context: VerifyContext & { audience: string },
): Promise<Verdict<SignedClaims<Claims>, SignedTokenFault>> {
  if (token.length > maxTokenLength) return reject('too-long');
  const { keys, nowMs } = context;
  const memory = `${kind.typ} ${hash('sha256', token, 'base64url')}`;
  const remembered = keys.verified.get(memory, nowMs);
  const header = remembered ? accept(remembered) : readHeader(token, kind.typ);
  if (!header.ok) return header;
  const key = await keys.find(header.value.kid, kind.use);
  if (!key) return reject('unknown-key');
  const claims = remembered ? accept(remembered.claims as Claims) : await verifyClaims(token, key, kind);
  if (!claims.ok) return claims;
  const fault = faultOf(claims.value, key, kind.maxLifetimeSec, context);
  if (fault) return reject(fault);
  if (kind.remembered && !remembered)
    keys.verified.set(memory, { kid: key.kid, claims: claims.value }, claims.value.exp * 1000);
  return accept({ claims: claims.value, holder: key.holder });
}

function readHeader(token: string, typ: string): Verdict<{ kid: string }, SignedTokenFault> {
  const segments = token.split('.');
  const [first = '', second = '', third = ''] = segments;
  if (segments.length !== 3 || first.length > maxHeaderLength) return reject('malformed');
  const header = readJson(first);
  if (!header || !readJson(second) || !isCanonical(third)) return reject('malformed');
  if (header['alg'] !== 'EdDSA') return reject('algorithm');
  if (Object.keys(header).some((member) => !headerMembers.has(member))) return reject('header');
  if (header['typ'] !== typ) return reject('wrong-type');
  const kid = header['kid'];
  return typeof kid === 'string' && kidPattern.test(kid) ? accept({ kid }) : reject('unknown-key');
}

/** An object in the exact form of JSON.stringify and base64url; undefined for anything else. */
function readJson(segment: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return encodeJson(value) === segment ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const encodeJson = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const isCanonical = (segment: string): boolean => Buffer.from(segment, 'base64url').toString('base64url') === segment;

async function verifyClaims<Claims extends TimedClaims>(
  token: string,
  key: VerificationKey,
  kind: TokenKind<Claims>,
): Promise<Verdict<Claims, SignedTokenFault>> {
  try {
    const { payload } = await compactVerify(token, key.key, { algorithms: ['EdDSA'] });
    const parsed = kind.claims.safeParse(JSON.parse(Buffer.from(payload).toString('utf8')));
    return parsed.success ? accept(parsed.data) : reject('claims');
  } catch (error) {
    if (error instanceof errors.JOSEError) return reject('signature');
    throw error;
  }
}

function faultOf(
  claims: TimedClaims,
  key: VerificationKey,
  maxLifetimeSec: number,
  context: VerifyContext & { audience: string },
): SignedTokenFault | undefined {
  if (claims.iss !== key.holder) return 'wrong-issuer';
  if (claims.aud !== context.audience) return 'wrong-audience';
  if (claims.exp <= claims.iat || claims.exp - claims.iat > maxLifetimeSec) return 'lifetime';
  if (claims.iat * 1000 > context.nowMs + clockSkewMs) return 'not-yet-valid';
  return claims.exp * 1000 <= context.nowMs ? 'expired' : undefined;
}

/**
 * Signs claims as a compact JWS with Ed25519. It uses node:crypto, which signs 2.5 times as many per second as
 * WebCrypto does on Node 26: the proxy signs a grant for every request.
 */
export function signToken(claims: object, header: { typ: string; kid: string }, privateKey: KeyObject): string {
  const input = `${encodeJson({ alg: 'EdDSA', typ: header.typ, kid: header.kid })}.${encodeJson(claims)}`;
  return `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`;
}

/** Signs with a key that the token service has delegated to this process; see `Agent.delegate`. */
export interface DelegatedSigner {
  /** The current signing key; it changes while the process runs. */
  readonly kid: string;
  readonly installation: InstallationId;
  /** SPIFFE id that must be the `iss`. */
  readonly holder: string;
  /** Throws `identity.no-signing-key` if the delegation could not be renewed in time. */
  sign(claims: object, typ: string): Promise<string>;
}
