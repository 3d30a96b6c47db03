import type { HttpApp } from '#infra/http/http-app.ts';
import type { Tenants } from '../tenants.ts';
import { tenantOf } from './caller.ts';

/** A tenant's gateway session: open it, close it, see how it is. */
export function sessionRoutes(app: HttpApp, { tenants }: { tenants: Tenants }): void {
  const path = '/v1/tenants/:tenant/session';
  app.put(path, { config: { action: 'session.start' } }, async (request) => tenants.openSession(tenantOf(request)));
  app.delete(path, { config: { action: 'session.stop' } }, async (request, reply) => {
    await tenants.closeSession(tenantOf(request));
    return reply.code(204).send();
  });
  app.get(path, { config: { action: 'session.read' }, exposeHeadRoute: false }, async (request) =>
    tenants.state(tenantOf(request)),
  );
}
