import { followedState, type Changes } from '#infra/http/followed-state.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { tenantOf } from '#security/identity/guard.ts';
import type { Tenants } from '../tenants.ts';
import { mustBe } from './replica.ts';

export interface SessionRoutesOptions {
  readonly tenants: Tenants;
  /** Id of this process among the edges. */
  readonly replica: () => string;
  /** Called when the state of a tenant's session may have changed. */
  readonly changes: Changes<TenantId>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A tenant's gateway session: open, close, read and follow it. */
export function sessionRoutes(app: HttpApp, { tenants, replica, changes, clock, logger }: SessionRoutesOptions): void {
  const path = '/v1/tenants/:tenant/session';
  const reading = { config: { action: 'session.read' }, exposeHeadRoute: false } as const;
  app.put(path, { config: { action: 'session.start' } }, async (request) => tenants.openSession(tenantOf(request)));
  app.delete(path, { config: { action: 'session.stop' } }, async (request, reply) => {
    await tenants.closeSession(tenantOf(request));
    return reply.code(204).send();
  });
  app.get('/v1/replicas/:replica/sessions', reading, async (request) => {
    mustBe(replica(), request);
    return { sessions: tenants.states() };
  });
  app.get(path, reading, async (request) => tenants.state(tenantOf(request)));
  app.get(`${path}/events`, reading, (request, reply) => {
    const key = tenantOf(request);
    const stateOf = async (tenant: TenantId) => {
      await tenants.hold(tenant);
      return tenants.state(tenant);
    };
    return followedState(reply, { changes, key, read: () => stateOf(key), clock, logger });
  });
}
