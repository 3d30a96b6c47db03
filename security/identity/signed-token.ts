import { hash, sign, timingSafeEqual, type KeyObject } from 'node:crypto';
import { compactVerify, errors } from 'jose';
import { z } from 'zod';
import type { SignedTokenFault } from '#infra/http/denial-codes.ts';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import { accept, reject, type Verdict } from '#infra/kernel/verdict.ts';
import type { Revocations } from './revocations.ts';
import { sharedKeyCode } from './shared-key-code.ts';
import {
  algorithmOf,
  type KeyUse,
  type SharedKeyUse,
  type VerificationKey,
  type VerificationKeys,
} from './verification-keys.ts';

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
/** Headers that were read, by their text, and those that are written, by their key. */
const headers = new BoundedMap<string, Record<string, unknown>>(maxHeaders);
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
 * Verifies a compact JWS (RFC 7515, 7.1) of the token service, in the exact form in which it issues them. Refused before
 * any key is looked up: other serialisations, non-canonical base64url, duplicate JSON members, any header member except
 * alg, typ and kid (so no crit, jwk, jku, x5u, x5c, b64), any algorithm except the one of this kind (RFC 8725, 3.1),
 * another typ. The rest is up to the caller: audience, issuer, binding, revocation.
 */
export async function verifySignedToken<Claims extends TimedClaims>(
  token: string,
  kind: TokenKind<Claims, 'call-token'>,
  context: VerifyContext & { audience: string },
): Promise<Verdict<SignedClaims<Claims>, SignedTokenFault>> {
  if (token.length > maxTokenLength) return reject('too-long');
  const { keys, nowMs } = context;
  const memory = `${kind.typ} ${hash('sha256', token, 'base64url')}`;
  const remembered = keys.verified.get(memory, nowMs);
  const read = remembered ? accept(remembered) : readToken(token, kind);
  if (!read.ok) return read;
  const key = await keys.find(read.value.kid, kind.use);
  if (!key) return reject('unknown-key');
  const claims = remembered ? accept(remembered.claims as Claims) : await verifySignature(token, key, kind);
  if (!claims.ok) return claims;
  const fault = faultOf(claims.value, key, kind.maxLifetimeSec, context);
  if (fault) return reject(fault);
  if (!remembered) keys.verified.set(memory, { kid: key.kid, claims: claims.value }, claims.value.exp * 1000);
  return accept({ claims: claims.value, holder: key.holder });
}

/**
 * The same for a token under a key that its issuer shares with its verifiers (infra/decisions/0011). It waits only for a
 * key that is not known yet.
 */
export function verifySharedKeyToken<Claims extends TimedClaims>(
  token: string,
  kind: TokenKind<Claims, SharedKeyUse>,
  context: VerifyContext & { audience: string },
): Verdict<SignedClaims<Claims>, SignedTokenFault> | Promise<Verdict<SignedClaims<Claims>, SignedTokenFault>> {
  if (token.length > maxTokenLength) return reject('too-long');
  const read = readToken(token, kind);
  if (!read.ok) return read;
  const key = context.keys.find(read.value.kid, kind.use);
  return key instanceof Promise
    ? key.then((found) => verifyCode(read.value, found, kind, context))
    : verifyCode(read.value, key, kind, context);
}

function verifyCode<Claims extends TimedClaims>(
  { signed, signature, claims }: ReadToken,
  key: VerificationKey | undefined,
  kind: TokenKind<Claims, SharedKeyUse>,
  context: VerifyContext & { audience: string },
): Verdict<SignedClaims<Claims>, SignedTokenFault> {
  if (!key) return reject('unknown-key');
  if (!isEqual(signature, sharedKeyCode(key.key)(signed))) return reject('signature');
  const parsed = kind.claims.safeParse(claims);
  if (!parsed.success) return reject('claims');
  const fault = faultOf(parsed.data, key, kind.maxLifetimeSec, context);
  return fault ? reject(fault) : accept({ claims: parsed.data, holder: key.holder });
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
  if (Object.keys(header).some((member) => !headerMembers.has(member))) return reject('header');
  // A token of another kind is called that, whatever its algorithm.
  if (header['typ'] !== typ) return reject('wrong-type');
  if (header['alg'] !== algorithmOf[use]) return reject('algorithm');
  const kid = header['kid'];
  if (typeof kid !== 'string' || !kidPattern.test(kid)) return reject('unknown-key');
  return accept({ kid, signed: token.slice(0, first.length + 1 + second.length), claims, signature: third });
}

/** The tokens of one key have the same header. */
function readHeader(segment: string): Record<string, unknown> | undefined {
  const known = headers.get(segment, 0);
  if (known) return known;
  const header = readJson(segment);
  if (header) headers.set(segment, header);
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

async function verifySignature<Claims extends TimedClaims>(
  token: string,
  key: VerificationKey,
  kind: TokenKind<Claims, 'call-token'>,
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
