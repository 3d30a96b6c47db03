import { z } from 'zod';
import { identityKeyKinds, identityKeysSchema } from '#security/identity/identity-keys.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import { personOnly } from '../operation-access.ts';
import type { ApiRoutes } from './api-routes.ts';

const tags = ['Operators'];
const path = '/v1/operator/identity-keys';

/** For operators: the keys that certify and sign who a process is. */
export const identityKeyRoutes: ApiRoutes = (app, { access, identityKeys, journal, config }) => {
  app.get(
    path,
    {
      config: { ...config, access: personOnly('health.read'), problems: [403] },
      schema: {
        operationId: 'readIdentityKeys',
        tags,
        summary:
          'Returns the keys that certify processes and sign what they say to each other, with their ages, but never a key',
        response: { 200: identityKeysSchema },
      },
    },
    () => identityKeys.identityKeys(),
  );

  app.post(
    `${path}/:kind/rotate`,
    {
      config: { ...config, access: personOnly('key.rotate-identity'), problems: [403, 409] },
      schema: {
        operationId: 'rotateIdentityKeys',
        tags,
        summary:
          'Creates the next key of a kind. It takes over once every process knows it, and the earlier one is destroyed when nothing that it signed is valid any more; no call fails meanwhile',
        params: z.object({ kind: z.enum(identityKeyKinds) }),
        response: { 202: identityKeysSchema },
      },
    },
    async (request, reply) => {
      const { kind } = request.params;
      const target = `identity keys: ${kind}`;
      await journal.add(
        access.of(request).record({ tenant: installationLog, kind: 'change', outcome: 'allowed', target }),
      );
      return reply
        .code(202)
        .header('location', path)
        .send(await identityKeys.rotateIdentityKeys(kind));
    },
  );
};
