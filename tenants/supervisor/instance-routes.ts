import { followedState } from '#infra/http/followed-state.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import { tenantIdSchema } from '#infra/kernel/ids.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Supervisor } from './supervisor.ts';

const tenantOf = (params: unknown) => {
  const parsed = tenantIdSchema.safeParse((params as { tenant?: unknown }).tenant);
  if (parsed.success) return parsed.data;
  throw callerFault('http.not-found', 'This address does not exist.', 404);
};

/**
 * The operations on a tenant's bot that gateway-proxy lets the api call; it decides who may, and the guard checks its
 * decision.
 */
export function installInstanceRoutes(
  app: HttpApp,
  { supervisor, clock, logger }: { supervisor: Supervisor; clock: Clock; logger: Logger },
): void {
  const path = '/v1/tenants/:tenant/instance';
  app.get('/v1/instances', { config: { action: 'instance.read' }, exposeHeadRoute: false }, async () => ({
    instances: await supervisor.readAll(),
  }));
  app.put(path, { config: { action: 'instance.start' } }, (request) =>
    supervisor.start(tenantOf(request.params), request.id),
  );
  app.get(path, { config: { action: 'instance.read' }, exposeHeadRoute: false }, (request) =>
    supervisor.read(tenantOf(request.params)),
  );
  app.get(`${path}/events`, { config: { action: 'instance.read' }, exposeHeadRoute: false }, (request, reply) => {
    const key = tenantOf(request.params);
    return followedState(reply, { changes: supervisor.changes, key, read: () => supervisor.read(key), clock, logger });
  });
  app.delete(path, { config: { action: 'instance.stop' } }, async (request, reply) => {
    await supervisor.stop(tenantOf(request.params), request.id);
    return reply.code(204).send();
  });
}
