import { z } from 'zod';
import { bodyOf } from '#infra/http/body-of.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { tenantOf } from '#security/identity/guard.ts';
import type { Tenants } from '../tenants.ts';

const checkSchema = z.strictObject({ channelId: snowflakeSchema });

/** For the audio service, which keeps the servers' settings. */
export function requestChannelRoutes(app: HttpApp, { tenants }: { readonly tenants: Tenants }): void {
  app.post(
    '/v1/tenants/:tenant/guilds/:guild/request-channel/check',
    { config: { action: 'request-channel.check' } },
    async (request, reply) => {
      const { guild } = request.params as { guild: string };
      const { channelId } = bodyOf(request, checkSchema);
      const edge = await tenants.edge(tenantOf(request));
      await edge.requests.check(guild, channelId);
      return reply.code(204).send();
    },
  );

  app.post(
    '/v1/tenants/:tenant/request-channels/changed',
    { config: { action: 'request-channel.follow' } },
    async (request, reply) => {
      await (await tenants.edge(tenantOf(request))).requestChannelsChanged();
      return reply.code(204).send();
    },
  );
}
