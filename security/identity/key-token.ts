import { z } from 'zod';
import type { KeyTokenFault } from '#infra/http/denial-codes.ts';
import { newId, tenantIdSchema, type InstallationId, type TenantId } from '#infra/kernel/ids.ts';
import { accept, reject, type Verdict } from '#infra/kernel/verdict.ts';
import { thumbprintPattern } from './call-token.ts';
import { timedClaims, verifySignedToken, type TokenKind, type VerifyContext } from './signed-token.ts';
import { audienceId, service, spiffeId } from './spiffe.ts';

/** The maximum lifetime of a key token. */
export const maxKeyTokenLifetimeSec = 60;
export const keyTokenType = 'bailiwick-key+jwt';
/** The header in which gateway-proxy sends it to the api; nobody outside can set it. */
export const keyTokenHeader = 'bailiwick-key-token';

const claimsSchema = z.strictObject({
  ...timedClaims,
  /** The member who owns the key, such as `discord:80351110224678912`. */
  sub: z.string().min(1).max(128),
  tid: tenantIdSchema,
  /** The key's id; not the key. */
  key: z.string().min(1).max(64),
  /** Space-separated (RFC 8693, 4.2). */
  scope: z.string().max(256),
  jti: z.string().min(16).max(64),
  cnf: z.strictObject({ 'x5t#S256': z.string().regex(thumbprintPattern) }),
});
type KeyTokenClaims = z.infer<typeof claimsSchema>;

const kind: TokenKind<KeyTokenClaims, 'call-token'> = {
  typ: keyTokenType,
  use: 'call-token',
  claims: claimsSchema,
  maxLifetimeSec: maxKeyTokenLifetimeSec,
};

/** What an API key represents. */
export interface KeyGrant {
  readonly tenant: TenantId;
  /** Id of the key. */
  readonly key: string;
  readonly maker: string;
  readonly scopes: readonly string[];
}

/** The contents of a key token; only for the api, on the connections of the process that exchanged the key. */
export function keyTokenClaims(options: {
  readonly installation: InstallationId;
  readonly grant: KeyGrant;
  readonly thumbprint: string;
  readonly lifetimeSec: number;
  readonly nowMs: number;
}): KeyTokenClaims {
  const { installation, grant, nowMs } = options;
  const iat = Math.floor(nowMs / 1000);
  return {
    iss: spiffeId(installation, service('token-service')),
    aud: audienceId(installation, 'api'),
    sub: grant.maker,
    tid: grant.tenant,
    key: grant.key,
    scope: grant.scopes.join(' '),
    iat,
    exp: iat + Math.min(options.lifetimeSec, maxKeyTokenLifetimeSec),
    jti: newId('ktk', nowMs),
    cnf: { 'x5t#S256': options.thumbprint },
  };
}

/**
 * Verifies the token for an API key: the token service's signature, for the api, and bound to the certificate on which
 * it arrives (RFC 8705, 3.2).
 */
export async function verifyKeyToken(
  token: string,
  context: VerifyContext & { readonly thumbprint: string },
): Promise<Verdict<KeyGrant, KeyTokenFault>> {
  const { installation, revocations } = context;
  if (!revocations.fresh()) return reject('not-fresh');
  const verified = await verifySignedToken(token, kind, { ...context, audience: audienceId(installation, 'api') });
  if (!verified.ok) return verified;
  const { claims, holder } = verified.value;
  if (holder !== spiffeId(installation, service('token-service'))) return reject('wrong-issuer');
  if (claims.cnf['x5t#S256'] !== context.thumbprint) return reject('wrong-certificate');
  const { thumbprint } = context;
  if (revocations.isRevoked({ thumbprint, jti: claims.jti })) return reject('revoked');
  const scopes = claims.scope.split(' ').filter(Boolean);
  return accept({ tenant: claims.tid, key: claims.key, maker: claims.sub, scopes });
}
