import type { Projections } from '#infra/cqrs/projections.ts';
import type { HttpApp } from '#infra/http/http-app.ts';

/** For operators, through the api. */
export function projectionRoutes(app: HttpApp, projections: Pick<Projections, 'list' | 'rebuild'>): void {
  app.get('/v1/projections', { config: { action: 'projection.read' }, exposeHeadRoute: false }, async () => ({
    items: await projections.list(),
  }));
  app.post('/v1/projections/:any/rebuild', { config: { action: 'projection.rebuild' } }, async (request, reply) => {
    await projections.rebuild((request.params as { any: string }).any);
    return reply.code(204).send();
  });
}
