import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { topsQuerySchema, type Tops } from '#services/contracts/statistics.ts';
import { tenantOf } from './player-routes.ts';

/** For whoever may see a tenant's statistics: what was played most, and who asked for most of it. */
export function registerStatisticsRoute(
  app: HttpApp,
  mostPlayed: (tenant: TenantId, range: z.infer<typeof topsQuerySchema>) => Promise<Tops>,
): void {
  app
    .withTypeProvider<ZodTypeProvider>()
    .get(
      '/v1/tenants/:tenant/statistics/top',
      { config: { action: 'statistics.read' }, schema: { querystring: topsQuerySchema } },
      ({ grant, query }) => mostPlayed(tenantOf(grant), query),
    );
}
