import { z } from 'zod';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { personOnly } from '../operation-access.ts';
import { inTenant, tenantParams, type ApiRoutes } from './api-routes.ts';

const erasureSchema = z.object({
  /** In the audit log, which does not name the member. */
  erasure: z.string(),
  /** running: not complete yet; it continues by itself, and the audit log tells when it is. */
  status: z.enum(['running', 'done']),
  /** Servers whose policy names the member, which stays until you change it. */
  namedInPolicies: z.array(snowflakeSchema),
});

/** The erasure of a Discord member at a tenant. */
export const erasureRoutes: ApiRoutes = (app, { access, erasures, config }) => {
  app.delete(
    `${inTenant}/discord-members/:user/data`,
    {
      config: { ...config, access: personOnly('member.erase'), problems: [409, 502] },
      schema: {
        operationId: 'eraseMember',
        tags: ['Members'],
        summary:
          "Erases what is stored of a Discord member at the tenant: favourites, playlists, what they asked for in histories, and their id in queues, votes and the audit log, which still verifies. Then the tenant's keys are replaced, so that no backup brings it back. What they did as a member of the tenant stays in the log",
        params: z.object({ ...tenantParams.shape, user: snowflakeSchema }),
        response: { 200: erasureSchema, 202: erasureSchema },
      },
    },
    async (request, reply) => {
      const { tenant, user } = request.params;
      const { actor, requestId } = access.of(request).record({ kind: 'change', outcome: 'allowed' });
      const { id, ...done } = await erasures.run(tenant, user, { actor, requestId });
      return reply.code(done.status === 'done' ? 200 : 202).send({ erasure: id, ...done });
    },
  );
};
