import type { FastifyRequest } from 'fastify';
import type { GuardCode, GuardFault } from '#infra/http/denial-codes.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import { systemClock, type Clock } from '#infra/kernel/clock.ts';
import { callerFault, platformFault, type BailiwickError } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { isAction, type Action } from './actions.ts';
import type { Agent } from './agent.ts';
import { grantHeader, verifyGrant, type Grant } from './grant.ts';
import { peerReader } from './peer.ts';
import type { ServiceName } from './spiffe.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The action on which gateway-proxy must have decided for this route; a route without one is refused. */
    action?: Action;
  }
  interface FastifyRequest {
    /** The proxy's decision; present on every route behind `installGuard`. */
    grant: Grant;
  }
}

export interface GuardOptions {
  readonly agent: Pick<Agent, 'installation' | 'keys' | 'revocations'>;
  /** The guarded service. */
  readonly audience: ServiceName;
  readonly clock?: Clock;
}

/**
 * Lets only gateway-proxy call a service, and only for what the proxy has decided: it requires the proxy's certificate
 * and a grant for this audience and this route's action, for the tenant and guild in the path (`:tenant`, `:guild`).
 * Throws at registration for a route without `config.action`. Answers 403 `guard.*`, and 503 `guard.not-fresh` while
 * revocations cannot be known.
 */
export function installGuard(app: HttpApp, options: GuardOptions): void {
  const { agent, audience, clock = systemClock } = options;
  const peerOf = peerReader(agent.installation, clock);
  app.addHook('onRoute', (route) => {
    if (!isAction(route.config?.action ?? ''))
      throw platformFault('guard.no-action', `The route ${String(route.method)} ${route.url} names no action.`);
  });
  app.decorateRequest('grant');
  app.addHook('onRequest', async (request) => {
    if (!agent.revocations.fresh()) throw refusal('not-fresh');
    const peer = peerOf(request.raw.socket);
    if (peer?.workload.kind !== 'service' || peer.workload.name !== 'gateway-proxy') throw refusal('not-the-proxy');
    if (agent.revocations.isRevoked(peer)) throw refusal('revoked');
    if (request.is404) return;
    const token = request.headers[grantHeader];
    if (typeof token !== 'string') throw refusal('no-grant');
    const { installation, keys, revocations } = agent;
    const verdict = await verifyGrant(token, { audience, installation, keys, revocations, nowMs: clock.now() });
    if (!verdict.ok) throw refusal(verdict.fault);
    const mismatch = mismatchOf(request, verdict.value);
    if (mismatch) throw refusal(mismatch);
    request.grant = verdict.value;
  });
}

/**
 * The tenant for which the proxy allowed the call.
 * @throws BailiwickError guard.no-tenant (403)
 */
export function tenantOf({ grant }: Pick<FastifyRequest, 'grant'>): TenantId {
  if (grant.tenant === undefined)
    throw callerFault('guard.no-tenant' satisfies GuardCode, 'This call names no tenant.', 403);
  return grant.tenant;
}

function mismatchOf(request: FastifyRequest, grant: Grant): GuardFault | undefined {
  if (request.routeOptions.config.action !== grant.action) return 'other-action';
  const { tenant, guild } = request.params as { tenant?: string; guild?: string };
  if (tenant !== undefined && tenant !== grant.tenant) return 'other-tenant';
  return guild !== undefined && guild !== grant.guild ? 'other-guild' : undefined;
}

const refusal = (fault: GuardFault): BailiwickError =>
  fault === 'not-fresh'
    ? platformFault('guard.not-fresh' satisfies GuardCode, 'Access cannot be checked right now. Try again in a moment.')
    : callerFault(
        `guard.${fault}` satisfies GuardCode,
        'This request did not come through gateway-proxy with a valid grant.',
        403,
      );
