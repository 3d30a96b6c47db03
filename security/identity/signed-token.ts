import { hash, sign, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { SignedTokenFault } from '#infra/http/denial-codes.ts';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import { accept, reject, type Verdict } from '#infra/kernel/verdict.ts';
import type { Revocations } from './revocations.ts';
import { sharedKeyCode } from './shared-key-code.ts';
import { algorithmOf, type KeyUse, type VerificationKey, type VerificationKeys } from './verification-keys.ts';

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
export interface TokenKind<Claims extends TimedClaims, Use extends KeyUse> {
  /** Exact value of the header's `typ` (RFC 8725, 3.11). */
  readonly typ: string;
  readonly use: Use;
  /** Strict: an unknown claim is a fault. */
  readonly claims: z.ZodType<Claims>;
  /** Maximum `exp` - `iat`. */
  readonly maxLifetimeSec: number;
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
/** Without padding, and without stray bits in the last character (RFC 4648, 3.5). */
const canonicalBase64url = /^(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/;
const maxHeaders = 1_000;
interface Header {
  readonly members: Readonly<Record<string, unknown>>;
  /** No member is one that these tokens do not have. */
  readonly isExact: boolean;
}
/** Headers that were read, by their text, and those that are written, by their key: the tokens of one key have the same. */
const headers = new BoundedMap<string, Header>(maxHeaders);
const written = new WeakMap<KeyObject, { readonly typ: string; readonly kid: string; readonly text: string }>();

/** A token in the exact form in which this platform issues them, not yet verified. */
interface ReadToken {
  readonly kid: string;
  /** What the signature covers. */
  readonly signed: string;
  readonly claims: unknown;
  /** Canonical base64url. */
  readonly signature: string;
}

/**
 * Verifies a compact JWS (RFC 7515, 7.1) of this platform, in the exact form in which it issues them. Refused before any
 * key is looked up: other serialisations, non-canonical base64url, duplicate JSON members, any header member except alg,
 * typ and kid (so no crit, jwk, jku, x5u, x5c, b64), any algorithm except the one of this kind (RFC 8725, 3.1), another
 * typ. The rest is up to the caller: audience, issuer, binding, revocation. It waits only for a key that is not known
 * yet.
 */
export function verifySignedToken<Claims extends TimedClaims>(
  token: string,
  kind: TokenKind<Claims, KeyUse>,
  context: VerifyContext & { audience: string },
): Verdict<SignedClaims<Claims>, SignedTokenFault> | Promise<Verdict<SignedClaims<Claims>, SignedTokenFault>> {
  if (token.length > maxTokenLength) return reject('too-long');
  const remembered = memoryOf(token, kind);
  const known = remembered === undefined ? undefined : context.keys.verified.get(remembered, context.nowMs);
  const read = known ? accept({ ...known, isVerified: true as const }) : readToken(token, kind);
  if (!read.ok) return read;
  const verifyWith = (key: VerificationKey | undefined) => {
    if (!key) return reject('unknown-key');
    const verified = claimsOf(read.value, key, kind);
    if (!verified.ok) return verified;
    const claims = verified.value;
    const fault = faultOf(claims, key, kind.maxLifetimeSec, context);
    if (fault) return reject(fault);
    if (remembered !== undefined && !known)
      context.keys.verified.set(remembered, { kid: key.kid, claims }, claims.exp * 1000);
    return accept({ claims, holder: key.holder });
  };
  const key = context.keys.find(read.value.kid, kind.use);
  return key instanceof Promise ? key.then(verifyWith) : verifyWith(key);
}

/** A signature takes a tenth of a millisecond to verify, and its token is used for up to a minute; a code takes no time. */
const memoryOf = (token: string, { typ, use }: { typ: string; use: KeyUse }): string | undefined =>
  algorithmOf[use] === 'EdDSA' ? `${typ} ${hash('sha256', token, 'base64url')}` : undefined;

function claimsOf<Claims extends TimedClaims>(
  read: ReadToken | { readonly isVerified: true; readonly claims: unknown },
  { key }: VerificationKey,
  kind: TokenKind<Claims, KeyUse>,
): Verdict<Claims, SignedTokenFault> {
  if ('isVerified' in read) return accept(read.claims as Claims);
  if (!isSignedBy(key, read)) return reject('signature');
  const parsed = kind.claims.safeParse(read.claims);
  return parsed.success ? accept(parsed.data) : reject('claims');
}

/** By node:crypto, which is faster than WebCrypto on Node 26, and needs no thread. */
function isSignedBy(key: KeyObject, { signed, signature }: ReadToken): boolean {
  if (key.type === 'secret') return isEqual(signature, sharedKeyCode(key)(signed));
  return verify(null, Buffer.from(signed, 'latin1'), key, Buffer.from(signature, 'base64url'));
}

const isEqual = (given: string, expected: string): boolean =>
  given.length === expected.length && timingSafeEqual(Buffer.from(given, 'latin1'), Buffer.from(expected, 'latin1'));

function readToken(token: string, { typ, use }: { typ: string; use: KeyUse }): Verdict<ReadToken, SignedTokenFault> {
  const segments = token.split('.');
  const [first = '', second = '', third = ''] = segments;
  if (segments.length !== 3 || first.length > maxHeaderLength) return reject('malformed');
  const header = readHeader(first);
  const claims = readJson(second);
  if (!header || !claims || !canonicalBase64url.test(third)) return reject('malformed');
  if (!header.isExact) return reject('header');
  const { typ: givenType, alg, kid } = header.members;
  // A token of another kind is called that, whatever its algorithm.
  if (givenType !== typ) return reject('wrong-type');
  if (alg !== algorithmOf[use]) return reject('algorithm');
  if (typeof kid !== 'string' || !kidPattern.test(kid)) return reject('unknown-key');
  return accept({ kid, signed: token.slice(0, first.length + 1 + second.length), claims, signature: third });
}

function readHeader(segment: string): Header | undefined {
  const known = headers.get(segment, 0);
  if (known) return known;
  const members = readJson(segment);
  if (!members) return undefined;
  const header = { members, isExact: Object.keys(members).every((member) => headerMembers.has(member)) };
  headers.set(segment, header);
  return header;
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
 * Signs claims as a compact JWS: with Ed25519 under a private key, with HMAC SHA-256 under a shared one. It uses
 * node:crypto, which is several times as fast as WebCrypto on Node 26.
 */
export function signToken(claims: object, header: { typ: string; kid: string }, key: KeyObject): string {
  const signed = `${headerText(header, key)}.${encodeJson(claims)}`;
  if (key.type === 'secret') return `${signed}.${sharedKeyCode(key)(signed)}`;
  return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`;
}

function headerText({ typ, kid }: { typ: string; kid: string }, key: KeyObject): string {
  const known = written.get(key);
  if (known?.typ === typ && known.kid === kid) return known.text;
  const text = encodeJson({ alg: key.type === 'secret' ? 'HS256' : 'EdDSA', typ, kid });
  written.set(key, { typ, kid, text });
  return text;
}

/** Signs with a key that this process shares with the verifiers; see `Agent.delegate`. */
export interface DelegatedSigner {
  /** The current key; it changes while the process runs. */
  readonly kid: string;
  readonly installation: InstallationId;
  /** SPIFFE id that must be the `iss`. */
  readonly holder: string;
  /** Throws `identity.no-signing-key` if the key could not be renewed in time. */
  sign(claims: object, typ: string): string;
}
