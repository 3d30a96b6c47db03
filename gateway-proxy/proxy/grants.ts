import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { isSnowflake, isTenantId } from '#infra/kernel/ids.ts';
import { grantLifetimeSec, issueGrant } from '#security/identity/grant.ts';
import { service, type ServiceName } from '#security/identity/spiffe.ts';
import type { DelegatedSigner } from '#security/identity/signed-token.ts';
import { sameFacts } from './connection-memory.ts';
import type { Exchange } from './exchange.ts';
import type { RouteParams } from './route-table.ts';

interface Issued {
  readonly signing: Promise<string>;
  readonly untilMs: number;
  /** Set once it is signed. */
  grant?: string;
}

const maxGrants = 20_000;
/** A grant with less life left is not reused for another request. */
const minLifeMs = 5_000;

/**
 * Grants for upstreams, valid for 15 s and for one audience: who is calling, on whose behalf, for what, and under which
 * decision. The same facts under the same version of the policies get the same grant while it has more than 5 s left,
 * because a signature costs more than everything else about a request.
 */
export class Grants {
  readonly #signer: DelegatedSigner;
  readonly #clock: Clock;
  readonly #issued = new BoundedMap<string, Issued>(maxGrants);
  /** Grows with every revocation; what connections remember of an earlier generation is no longer valid. */
  #generation = 0;

  constructor(signer: DelegatedSigner, clock: Clock) {
    this.#signer = signer;
    this.#clock = clock;
  }

  /** A promise only if it still has to be signed. @throws identity.no-signing-key */
  grantFor(exchange: Exchange, audience: ServiceName): string | Promise<string> {
    const nowMs = this.#clock.now();
    const { memory } = exchange;
    const near = memory?.grant;
    if (near && near.generation === this.#generation && near.untilMs > nowMs && sameFacts(near.facts, exchange))
      return near.value;
    const key = keyOf(exchange, audience);
    const issued = this.#issued.get(key, nowMs) ?? this.#begin(key, exchange, audience, nowMs);
    if (issued.grant === undefined) return issued.signing;
    if (memory) {
      const { raw, route, params, decision, transaction } = exchange;
      const facts = { raw, route, params, decision, transaction };
      memory.grant = { facts, value: issued.grant, untilMs: issued.untilMs, generation: this.#generation };
    }
    return issued.grant;
  }

  /** Grants from before a revocation may be for what was revoked. */
  forget(): void {
    this.#generation += 1;
    this.#issued.clear();
  }

  #begin(key: string, exchange: Exchange, audience: ServiceName, nowMs: number): Issued {
    // iat is rounded down to a second, so up to one second of the lifetime has already passed.
    const untilMs = nowMs + (grantLifetimeSec - 1) * 1000 - minLifeMs;
    const issued: Issued = { signing: this.#issue(exchange, audience, nowMs), untilMs };
    this.#issued.set(key, issued, untilMs);
    issued.signing.then(
      (grant) => (issued.grant = grant),
      () => this.#issued.delete(key),
    );
    return issued;
  }

  #issue(exchange: Exchange, audience: ServiceName, nowMs: number): Promise<string> {
    const { caller, route, decision, transaction, requestId } = exchange;
    const { tenant, guild } = guildOf(exchange);
    return issueGrant(
      this.#signer,
      {
        // For the public, the proxy itself is the caller: it vouches for nobody.
        caller: caller === undefined || caller.kind === 'public' ? service('gateway-proxy') : caller,
        tenant,
        guild,
        action: route?.action ?? '',
        decision: decision?.id ?? '',
        member: transaction?.member,
        obligations: decision?.obligations,
        transaction: transaction?.txn,
        requestId,
      },
      { audience, nowMs },
    );
  }
}

const guildAddress = /^\/v1\/tenants\/([^/]+)(?:\/guilds\/([^/]+))?(?:\/|$)/;

/**
 * A grant names the tenant and guild of the path, because the guard compares them with the path. At the public listener
 * it states no more: the api decides what its caller may do there.
 */
function guildOf({ caller, params, path }: Exchange): Pick<RouteParams, 'tenant' | 'guild'> {
  if (caller?.kind !== 'public') return params;
  const [, tenant = '', guild = ''] = guildAddress.exec(path) ?? [];
  return {
    ...(isTenantId(tenant) ? { tenant } : {}),
    ...(isSnowflake(guild) ? { guild } : {}),
  };
}

function keyOf(exchange: Exchange, audience: ServiceName): string {
  const { peer, route, decision, transaction } = exchange;
  const { tenant = '', guild = '' } = guildOf(exchange);
  const member = transaction ? `${transaction.txn} ${transaction.expiresAtMs}` : '';
  const by = `${decision?.id} ${decision?.version}`;
  return `${peer?.spiffeId ?? ''} ${audience} ${route?.action} ${tenant} ${guild} ${by} ${member}`;
}
