import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { isSnowflake, isTenantId } from '#infra/kernel/ids.ts';
import { grantLifetimeSec, issueGrant } from '#security/identity/grant.ts';
import { service, type ServiceName } from '#security/identity/spiffe.ts';
import type { DelegatedSigner } from '#security/identity/signed-token.ts';
import type { Exchange } from './exchange.ts';
import type { RouteParams } from './route-table.ts';

const maxGrants = 20_000;
/** A grant with less life than this is not used for another request. */
const minLifeMs = 5_000;

/**
 * Grants for upstreams: 15 s, one audience; who calls, on whose behalf, for what, and under which decision. The same
 * facts under the same version of the policies get the same grant while more than 5 s of its life remain, because a
 * signature costs more than everything else about a request.
 */
export class Grants {
  readonly #signer: DelegatedSigner;
  readonly #clock: Clock;
  readonly #issued = new BoundedMap<string, Promise<string>>(maxGrants);

  constructor(signer: DelegatedSigner, clock: Clock) {
    this.#signer = signer;
    this.#clock = clock;
  }

  /** @throws identity.no-signing-key */
  grantFor(exchange: Exchange, audience: ServiceName): Promise<string> {
    const nowMs = this.#clock.now();
    const key = keyOf(exchange, audience);
    const issued = this.#issued.get(key, nowMs);
    if (issued) return issued;
    const signing = this.#issue(exchange, audience, nowMs);
    // iat is rounded down to a second, so up to one second of the life is already over.
    this.#issued.set(key, signing, nowMs + (grantLifetimeSec - 1) * 1000 - minLifeMs);
    signing.catch(() => this.#issued.delete(key));
    return signing;
  }

  /** Grants made before a revocation may be of who was revoked. */
  forget(): void {
    this.#issued.clear();
  }

  #issue(exchange: Exchange, audience: ServiceName, nowMs: number): Promise<string> {
    const { caller, route, decision, transaction, requestId } = exchange;
    const { tenant, guild } = placeOf(exchange);
    return issueGrant(
      this.#signer,
      {
        // For the public the proxy itself is the caller: it vouches for nobody.
        caller: caller === undefined || caller.kind === 'public' ? service('gateway-proxy') : caller,
        tenant,
        guild,
        action: route?.action ?? '',
        decision: decision?.id ?? '',
        member: transaction?.member,
        transaction: transaction?.txn,
        requestId,
      },
      { audience, nowMs },
    );
  }
}

const publicPlace = /^tenants\/([^/]+)(?:\/guilds\/([^/]+))?(?:\/|$)/;

/**
 * The tenant and guild that a grant names are those of the path, because the guard compares them with the path. At the
 * public listener no more than that is said: the api decides what its caller may do there.
 */
function placeOf({ caller, params }: Exchange): Pick<RouteParams, 'tenant' | 'guild'> {
  if (caller?.kind !== 'public') return params;
  const [, tenant = '', guild = ''] = publicPlace.exec(params.tail ?? '') ?? [];
  return {
    ...(isTenantId(tenant) ? { tenant } : {}),
    ...(isSnowflake(guild) ? { guild } : {}),
  };
}

function keyOf(exchange: Exchange, audience: ServiceName): string {
  const { peer, route, decision, transaction } = exchange;
  const { tenant = '', guild = '' } = placeOf(exchange);
  const member = transaction ? `${transaction.txn} ${transaction.expiresAtMs}` : '';
  const by = `${decision?.id} ${decision?.version}`;
  return `${peer?.spiffeId ?? ''} ${audience} ${route?.action} ${tenant} ${guild} ${by} ${member}`;
}
