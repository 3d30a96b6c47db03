import { eventStreamOf } from '../server-sent-events.ts';
import { endSchema } from '../live/open-streams.ts';
import { tenantEventSchemas } from '../live/tenant-events.ts';
import { personOrKey } from '../operation-access.ts';
import { inTenant, tenantParams, type ApiRoutes } from './api-routes.ts';

/** What happens with a tenant's bot, as it happens. */
export const liveRoutes: ApiRoutes = (app, { access, config, feeds, streams }) => {
  app.get(
    `${inTenant}/live`,
    {
      config: { ...config, access: personOrKey('tenant.read') },
      schema: {
        operationId: 'followTenant',
        tags: ['Players'],
        summary:
          'Streams the players (`player`, and `players` once all are known), the connection to Discord (`session`) and the process (`instance`): first the current state, then each change. `end` states why the stream ends',
        params: tenantParams,
        response: { 200: eventStreamOf({ ...tenantEventSchemas, end: endSchema }) },
      },
    },
    async (request, reply) => {
      const about = { tenant: request.params.tenant };
      const { subject } = access.of(request);
      const seesPlayers = (await access.standing(request, 'player.read', about)) === 'allowed';
      let unfollow: () => void = () => undefined;
      const stream = await streams.open({
        reply,
        subject,
        standing: () => access.standing(request, seesPlayers ? 'player.read' : 'tenant.read', about),
        onClose: () => unfollow(),
      });
      unfollow = feeds.follow(about.tenant, ({ event, data }) => {
        if (event !== 'player' && event !== 'players') return stream.send(event, data);
        if (seesPlayers) stream.send(event, data, 'player' in data ? `player ${data.player.guild}` : event);
      });
      return reply;
    },
  );
};
