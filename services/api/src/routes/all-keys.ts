import { installationLog } from '#tenants/tenant/installation-log.ts';
import { personOnly } from '../operation-access.ts';
import { rotationOfAllSchema } from '../rotation/key-schedules.ts';
import type { ApiRoutes } from './api-routes.ts';

const tags = ['Operators'];
const rotation = '/v1/operator/keys/rotation';

/** For operators: the rotation of all tenants' keys. */
export const allKeysRoutes: ApiRoutes = (app, { access, schedules, scheduledRotations, config }) => {
  app.post(
    rotation,
    {
      config: { ...config, access: personOnly('key.rotate-all'), problems: [403] },
      schema: {
        operationId: 'rotateAllKeys',
        tags,
        summary: 'Rotates the keys of every tenant, four tenants at a time, which continues by itself',
        response: { 202: rotationOfAllSchema },
      },
    },
    async (request, reply) => {
      await schedules.requestAll(
        access
          .of(request)
          .record({ tenant: installationLog, kind: 'change', outcome: 'allowed', target: 'keys of all tenants' }),
      );
      scheduledRotations.wake();
      return reply
        .code(202)
        .header('location', rotation)
        .send(await schedules.progressOfAll());
    },
  );

  app.get(
    rotation,
    {
      config: { ...config, access: personOnly('health.read'), problems: [403] },
      schema: {
        operationId: 'readRotationOfAll',
        tags,
        summary: "Returns how far the latest rotation of all tenants' keys is",
        response: { 200: rotationOfAllSchema },
      },
    },
    () => schedules.progressOfAll(),
  );
};
