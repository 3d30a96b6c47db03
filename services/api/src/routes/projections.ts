import { z } from 'zod';
import { projectionStateSchema } from '#infra/cqrs/projections.ts';
import { addressOf } from '#policies/addresses.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import { personOnly } from '../operation-access.ts';
import type { ApiRoutes } from './api-routes.ts';

const tags = ['Operators'];
const listSchema = z.object({ items: z.array(projectionStateSchema) });

/** For operators: the read models that the worker keeps up to date. */
export const projectionRoutes: ApiRoutes = (app, { access, caller, journal, config }) => {
  app.get(
    '/v1/operator/projections',
    {
      config: { ...config, access: personOnly('projection.read'), problems: [403] },
      schema: {
        operationId: 'listProjections',
        tags,
        summary: 'Returns how far each read model is behind what happens, and what is being rebuilt',
        response: { 200: listSchema },
      },
    },
    () => caller.json(addressOf('worker', 'GET /v1/projections'), listSchema),
  );

  app.post(
    '/v1/operator/projections/:projection(^[a-z-]{1,50}$)/rebuild',
    {
      config: { ...config, access: personOnly('projection.rebuild'), problems: [409] },
      schema: {
        operationId: 'rebuildProjection',
        tags,
        summary:
          'Builds a read model anew from all events that are kept, while what there is stays in use. 409: it is being rebuilt already',
        params: z.object({ projection: z.string() }),
        response: { 202: z.object({ name: z.string() }) },
      },
    },
    async (request, reply) => {
      const { projection } = request.params;
      const target = `projection:${projection}`;
      await journal.add(
        access.of(request).record({ tenant: installationLog, kind: 'change', outcome: 'allowed', target }),
      );
      await caller.json(addressOf('worker', 'POST /v1/projections/:any/rebuild', { any: projection }), z.unknown());
      return reply.code(202).send({ name: projection });
    },
  );
};
