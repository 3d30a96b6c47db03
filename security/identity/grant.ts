import { z } from 'zod';
import type { GrantFault } from '#infra/http/denial-codes.ts';
import { snowflakeClaim, tenantIdSchema, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { accept, reject, type Verdict } from '#infra/kernel/verdict.ts';
import { obligationsSchema, type Obligations } from './obligations.ts';
import {
  timedClaims,
  verifySignedToken,
  type DelegatedSigner,
  type TokenKind,
  type VerifyContext,
} from './signed-token.ts';
import { audienceId, parseSpiffeId, service, spiffeId, type ServiceName, type Workload } from './spiffe.ts';
import { memberSchema, type Member } from './transaction-token.ts';

export const grantType = 'bailiwick-grant+jwt';
export const grantHeader = 'bailiwick-grant';
/** A grant's lifetime: it is for one request in progress. */
export const grantLifetimeSec = 15;

/**
 * What gateway-proxy tells an upstream about its decision: who is calling, on whose behalf, for what, and how it was
 * decided.
 */
export interface Grant {
  readonly caller: Workload;
  readonly tenant?: TenantId | undefined;
  readonly guild?: Snowflake | undefined;
  readonly action: string;
  /** Id of the decision, by which the audit log explains it. */
  readonly decision: string;
  readonly member?: Member | undefined;
  /** Conditions that the service has to enforce. */
  readonly obligations?: Obligations | undefined;
  /** Id of the transaction that the member's command started: what it leads to happens once. */
  readonly transaction?: string | undefined;
  readonly requestId: string;
}

const claimsSchema = z.strictObject({
  ...timedClaims,
  sub: z.string().max(256),
  tid: tenantIdSchema.optional(),
  guild: snowflakeClaim.optional(),
  action: z.string().min(1).max(64),
  decision: z.string().min(1).max(64),
  member: memberSchema.optional(),
  obligations: obligationsSchema.optional(),
  txn: z.string().min(1).max(128).optional(),
  request_id: z.string().min(1).max(64),
});
type Claims = z.infer<typeof claimsSchema>;

const kind: TokenKind<Claims, 'grant'> = {
  typ: grantType,
  use: 'grant',
  claims: claimsSchema,
  maxLifetimeSec: grantLifetimeSec,
};

/**
 * Signs a grant for one upstream; `signer` must be delegated for 'grant' and this audience, which is possible only for
 * gateway-proxy.
 */
export function issueGrant(
  signer: DelegatedSigner,
  grant: Grant,
  options: { readonly audience: ServiceName; readonly nowMs: number },
): string {
  const installation = signer.installation;
  const iat = Math.floor(options.nowMs / 1000);
  const claims = {
    iss: signer.holder,
    aud: audienceId(installation, options.audience),
    sub: spiffeId(installation, grant.caller),
    iat,
    exp: iat + grantLifetimeSec,
    ...(grant.tenant === undefined ? {} : { tid: grant.tenant }),
    ...(grant.guild === undefined ? {} : { guild: grant.guild }),
    action: grant.action,
    decision: grant.decision,
    ...(grant.member === undefined ? {} : { member: grant.member }),
    ...(grant.obligations === undefined ? {} : { obligations: grant.obligations }),
    ...(grant.transaction === undefined ? {} : { txn: grant.transaction }),
    request_id: grant.requestId,
  };
  return signer.sign(claims, grantType);
}

/**
 * Verifies a grant. The guard has to check that it arrived on the proxy's own connection.
 */
export async function verifyGrant(
  token: string,
  context: VerifyContext & { readonly audience: ServiceName },
): Promise<Verdict<Grant, GrantFault>> {
  const { installation, revocations } = context;
  if (!revocations.fresh()) return reject('not-fresh');
  const verified = await verifySignedToken(token, kind, {
    ...context,
    audience: audienceId(installation, context.audience),
  });
  if (!verified.ok) return verified;
  const { claims, holder } = verified.value;
  if (holder !== spiffeId(installation, service('gateway-proxy'))) return reject('wrong-issuer');
  const caller = parseSpiffeId(claims.sub, installation);
  if (!caller) return reject('wrong-caller');
  if (caller.kind === 'bot' && caller.tenant !== claims.tid) return reject('wrong-tenant');
  const issuedAtMs = claims.iat * 1000;
  if (revocations.isRevoked({ spiffeId: claims.sub, issuedAtMs })) return reject('revoked');
  if (revocations.isRevoked({ spiffeId: holder, issuedAtMs })) return reject('revoked');
  return accept({
    caller,
    tenant: claims.tid,
    guild: claims.guild,
    action: claims.action,
    decision: claims.decision,
    member: claims.member,
    obligations: claims.obligations,
    transaction: claims.txn,
    requestId: claims.request_id,
  });
}
