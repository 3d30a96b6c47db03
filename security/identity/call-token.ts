import { z } from 'zod';
import type { CallTokenFault, SignedTokenFault } from '#infra/http/denial-codes.ts';
import { newId, tenantIdSchema, type InstallationId } from '#infra/kernel/ids.ts';
import { accept, reject, type Verdict } from '#infra/kernel/verdict.ts';
import {
  timedClaims,
  verifySignedToken,
  type SignedClaims,
  type TokenKind,
  type VerifyContext,
} from './signed-token.ts';
import { audienceId, parseSpiffeId, service, spiffeId, type Audience, type Workload } from './spiffe.ts';

/** The maximum lifetime of a call token. */
export const maxCallTokenLifetimeSec = 60;
export const callTokenType = 'bailiwick-call+jwt';

/** SHA-256 of a certificate's DER in base64url (RFC 8705, 3.1). */
export const thumbprintPattern = /^[A-Za-z0-9_-]{43}$/;

const claimsSchema = z.strictObject({
  ...timedClaims,
  sub: z.string().max(256),
  /** The tenant, for bots only. */
  tid: tenantIdSchema.optional(),
  /** Fencing token of the lease under which the bot runs; see infra/leases. */
  lease: z.number().int().positive().optional(),
  jti: z.string().min(16).max(64),
  cnf: z.strictObject({ 'x5t#S256': z.string().regex(thumbprintPattern) }),
});
export type CallTokenClaims = z.infer<typeof claimsSchema>;

const kind: TokenKind<CallTokenClaims, 'call-token'> = {
  typ: callTokenType,
  use: 'call-token',
  claims: claimsSchema,
  maxLifetimeSec: maxCallTokenLifetimeSec,
};

/** The caller, as its call token and its certificate agree. */
export interface CallerClaims {
  readonly workload: Workload;
  readonly spiffeId: string;
  /** Of a bot: the fencing token of its supervisor's lease. */
  readonly lease: number | undefined;
  readonly jti: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** The contents of a call token; only the token service signs them. */
export function callTokenClaims(options: {
  installation: InstallationId;
  caller: Workload;
  audience: Audience;
  thumbprint: string;
  /** For bots only. */
  lease?: number | undefined;
  lifetimeSec: number;
  nowMs: number;
}): CallTokenClaims {
  const { installation, caller, lease, nowMs } = options;
  const iat = Math.floor(nowMs / 1000);
  return {
    iss: spiffeId(installation, service('token-service')),
    sub: spiffeId(installation, caller),
    aud: audienceId(installation, options.audience),
    ...(caller.kind === 'bot' ? { tid: caller.tenant } : {}),
    ...(caller.kind === 'bot' && lease !== undefined ? { lease } : {}),
    iat,
    exp: iat + Math.min(options.lifetimeSec, maxCallTokenLifetimeSec),
    jti: newId('cal', nowMs),
    cnf: { 'x5t#S256': options.thumbprint },
  };
}

/**
 * Verifies the caller: the token service's signature, this audience and no other, and that the token is bound to the
 * certificate on which the call arrives (RFC 8705, 3.2), so that it is worthless without the key. `not-fresh` has to be
 * answered with 503.
 */
export function verifyCallToken(
  token: string,
  context: CallContext,
): Verdict<CallerClaims, CallTokenFault> | Promise<Verdict<CallerClaims, CallTokenFault>> {
  const { installation, revocations } = context;
  if (!revocations.fresh()) return reject('not-fresh');
  const audience = audienceId(installation, context.audience);
  const verified = verifySignedToken(token, kind, { ...context, audience });
  return verified instanceof Promise
    ? verified.then((verdict) => callerOf(verdict, context))
    : callerOf(verified, context);
}

type CallContext = VerifyContext & { readonly audience: Audience; readonly thumbprint: string };

function callerOf(
  verified: Verdict<SignedClaims<CallTokenClaims>, SignedTokenFault>,
  { installation, revocations, thumbprint }: CallContext,
): Verdict<CallerClaims, CallTokenFault> {
  if (!verified.ok) return verified;
  const { claims, holder } = verified.value;
  if (holder !== spiffeId(installation, service('token-service'))) return reject('wrong-issuer');
  if (claims.cnf['x5t#S256'] !== thumbprint) return reject('wrong-certificate');
  const workload = parseSpiffeId(claims.sub, installation);
  if (!workload) return reject('wrong-subject');
  if (claims.tid !== (workload.kind === 'bot' ? workload.tenant : undefined)) return reject('wrong-tenant');
  const issuedAtMs = claims.iat * 1000;
  const { jti, sub } = claims;
  if (revocations.isRevoked({ spiffeId: sub, issuedAtMs, thumbprint, jti })) return reject('revoked');
  return accept({ workload, spiffeId: sub, lease: claims.lease, jti, issuedAtMs, expiresAtMs: claims.exp * 1000 });
}
