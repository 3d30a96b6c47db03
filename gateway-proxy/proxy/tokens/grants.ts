import type { Agent } from '#security/identity/agent.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { isSnowflake, isTenantId } from '#infra/kernel/ids.ts';
import { issueGrant } from '#security/identity/grant.ts';
import { service, type ServiceName } from '#security/identity/spiffe.ts';
import type { DelegatedSigner } from '#security/identity/signed-token.ts';
import type { Admitted } from '../exchange/exchange.ts';
import type { RouteParams } from '../routes/route-table.ts';

/**
 * Grants for upstreams, each for one request, valid for 15 s and for one audience: who is calling, on whose behalf, for
 * what, and under which decision.
 */
export class Grants {
  readonly #signers: ReadonlyMap<ServiceName, DelegatedSigner>;
  readonly #clock: Clock;

  private constructor(signers: ReadonlyMap<ServiceName, DelegatedSigner>, clock: Clock) {
    this.#signers = signers;
    this.#clock = clock;
  }

  /** With a key for each of these services. */
  static async open(agent: Pick<Agent, 'delegate'>, audiences: readonly ServiceName[], clock: Clock): Promise<Grants> {
    const signers = await Promise.all(
      audiences.map(async (audience) => [audience, await agent.delegate('grant', audience)] as const),
    );
    return new Grants(new Map(signers), clock);
  }

  /** @throws identity.no-signing-key */
  grantFor(exchange: Admitted, audience: ServiceName): string {
    const signer = this.#signers.get(audience);
    if (!signer) throw new Error(`no key for grants to ${audience}`);
    const { caller, route, decision, transaction, requestId } = exchange;
    const { tenant, guild } = guildOf(exchange);
    return issueGrant(
      signer,
      {
        // For the public, the proxy itself is the caller: it vouches for nobody.
        caller: caller.kind === 'public' ? service('gateway-proxy') : caller,
        tenant,
        guild,
        action: route.action,
        decision: decision.id,
        member: transaction?.member,
        obligations: decision.obligations,
        transaction: transaction?.txn,
        requestId,
      },
      { audience, nowMs: this.#clock.now() },
    );
  }
}

const guildAddress = /^\/v1\/tenants\/([^/]+)(?:\/guilds\/([^/]+))?(?:\/|$)/;

/**
 * A grant names the tenant and guild of the path, because the guard compares them with the path. At the public listener
 * it states no more: the api decides what its caller may do there.
 */
function guildOf({ caller, params, path }: Admitted): Pick<RouteParams, 'tenant' | 'guild'> {
  if (caller.kind !== 'public') return params;
  const [, tenant = '', guild = ''] = guildAddress.exec(path) ?? [];
  return {
    ...(isTenantId(tenant) ? { tenant } : {}),
    ...(isSnowflake(guild) ? { guild } : {}),
  };
}
