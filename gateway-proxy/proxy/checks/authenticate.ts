import type { Revocations } from '#security/identity/revocations.ts';
import type { FollowedLeases } from '#infra/leases/followed-leases.ts';
import type { CallTokenFault } from '#infra/http/denial-codes.ts';
import type { Verdict } from '#infra/kernel/verdict.ts';
import { fencingTokenHeader, fencingTokenOf, type Lease, type LeasedPart } from '#infra/leases/lease.ts';
import type { CallerClaims } from '#security/identity/call-token.ts';
import { looksLikeApiKey } from '#security/identity/api-key.ts';
import type { ApiKeyExchange } from '../tokens/api-key-exchange.ts';
import { check, deny, pass, type CheckVerdict } from './check.ts';
import type { Routed } from '../exchange/exchange.ts';
import { callerClass } from '../exchange/facts.ts';
import type { RememberedTokens } from '../tokens/remembered-tokens.ts';

export interface TokenPorts {
  readonly tokens: RememberedTokens;
  readonly revocations: Revocations;
  readonly apiKeys: Pick<ApiKeyExchange, 'exchange'>;
  readonly leases: Readonly<Record<LeasedPart, Pick<FollowedLeases, 'known' | 'isSuperseded' | 'learn'>>>;
}

const scheme = 'Bearer ';

/**
 * Who is calling? The certificate of this connection, and a call token issued for it and for this target (RFC 8705). A
 * stolen token is worthless on another connection, and a token for one service is not valid for another. Of a bot,
 * and on routes that say so of a service, only the process that holds the tenant's lease, or whose supervisor does, is
 * listened to.
 */
export const authenticate = check<TokenPorts, Routed, 'caller'>('authenticate', (exchange, ports) => {
  const { peer, route } = exchange;
  if (!peer) {
    if (!route.from.includes('public')) return deny('authenticate.no-certificate');
    const header = exchange.headers.get('authorization') ?? '';
    const key = basicPassword(header) ?? /^bearer +(\S+)$/i.exec(header)?.[1];
    if (key !== undefined && looksLikeApiKey(key)) return keyHolder(key, ports);
    const credentials = header.trim().split(/\s+/);
    return credentials.some(looksLikeApiKey)
      ? deny('authenticate.malformed')
      : pass.with({ caller: { kind: 'public' } });
  }
  const header = exchange.headers.get('authorization');
  if (header === undefined) return deny('authenticate.missing');
  if (!header.startsWith(scheme)) return deny('authenticate.malformed');
  const verified = ports.tokens.call(header.slice(scheme.length), route.to, peer.thumbprint);
  return verified instanceof Promise
    ? verified.then((verdict) => callerOf(exchange, verdict, ports))
    : callerOf(exchange, verified, ports);
});

/**
 * Clients of a registry of schemas send an API key as a password (RFC 7617); the user's name says nothing, since the key names its
 * tenant.
 */
function basicPassword(header: string): string | undefined {
  const [, encoded] = /^basic +([\w+/]+={0,2})$/i.exec(header) ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : text.slice(colon + 1);
}

/** The api gets the token that the key was exchanged for; the key itself stays here. */
async function keyHolder(key: string, { apiKeys }: TokenPorts): Promise<CheckVerdict<'caller'>> {
  const exchanged = await apiKeys.exchange(key);
  if (!exchanged.ok) return deny(`authenticate.${exchanged.fault}`);
  return pass.with({ caller: { kind: 'public' }, keyToken: exchanged.value });
}

function callerOf(
  exchange: Routed,
  verified: Verdict<CallerClaims, CallTokenFault>,
  { revocations, leases }: TokenPorts,
): CheckVerdict<'caller'> {
  const { peer, route } = exchange;
  if (!verified.ok) return deny(`authenticate.${verified.fault}`);
  const { workload, spiffeId, jti } = verified.value;
  if (!peer || spiffeId !== peer.spiffeId) return deny('authenticate.other-subject');
  if (revocations.isRevoked(peer)) return deny('authenticate.revoked');
  if (!route.from.includes(callerClass(workload))) return deny('authenticate.caller-not-allowed');
  const found = { caller: workload, tokenId: jti };
  const lease = leaseOf(exchange, verified.value);
  if (lease === 'missing') return deny('authenticate.no-lease');
  if (!lease) return pass.with(found);
  const followed = leases[lease.part];
  if (!followed.known) return deny('authenticate.not-fresh');
  if (followed.isSuperseded(lease.tenant, lease.token)) return deny('authenticate.superseded');
  followed.learn(lease.tenant, lease.token);
  return pass.with({ ...found, lease });
}

/** The lease under which a caller acts. A bot's is in its call token; a service, which has many, names the one. */
function leaseOf(
  { route, params, headers }: Routed,
  { workload, lease: token = 0 }: CallerClaims,
): Lease | 'missing' | undefined {
  if (workload.kind === 'bot') return { part: 'supervisor', tenant: workload.tenant, token };
  if (route.fencedBy === undefined || params.tenant === undefined) return undefined;
  const named = fencingTokenOf(headers.get(fencingTokenHeader));
  return named === undefined ? 'missing' : { part: route.fencedBy, tenant: params.tenant, token: named };
}
