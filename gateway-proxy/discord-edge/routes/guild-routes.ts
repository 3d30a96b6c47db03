import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { HttpApp } from '#infra/http/http-app.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { tenantOf } from '#security/identity/guard.ts';
import type {
  commandNamesSchema,
  guildListSchema,
  GuildDetail,
  memberVoiceSchema,
} from '#tenants/instance-protocol/guilds.ts';
import type { Guild } from '../state/guild.ts';
import { detailOf, summaryOf } from '../state/guild-view.ts';
import type { Tenants } from '../tenants.ts';

/** Where a tenant's bot is, what it may do there, and its commands at Discord. */
export function guildRoutes(app: HttpApp, { tenants }: { tenants: Tenants }): void {
  const config = { action: 'session.read' } as const;
  const path = '/v1/tenants/:tenant/guilds';

  app.get(path, { config, exposeHeadRoute: false }, async (request): Promise<z.infer<typeof guildListSchema>> => {
    const book = tenants.book(tenantOf(request));
    const guilds = book ? [...book.guilds()].map(summaryOf) : [];
    return { guilds: guilds.sort((a, b) => a.name.localeCompare(b.name, 'en') || (a.id < b.id ? -1 : 1)) };
  });

  app.get(`${path}/:guild`, { config, exposeHeadRoute: false }, async (request): Promise<GuildDetail> => {
    return detailOf(guildOf(tenants, request), tenants.book(tenantOf(request))?.botUserId ?? '');
  });

  app.get(
    `${path}/:guild/members/:user/voice`,
    { config, exposeHeadRoute: false },
    async (request): Promise<z.infer<typeof memberVoiceSchema>> => {
      const { guild: id, user } = request.params as { guild: string; user: string };
      const guild = tenants.book(tenantOf(request))?.guild(id);
      return { voiceChannel: guild?.voiceChannelOf(user) ?? null };
    },
  );

  app.get(
    '/v1/tenants/:tenant/commands',
    { config, exposeHeadRoute: false },
    async (request): Promise<z.infer<typeof commandNamesSchema>> => ({
      names: await (await tenants.edge(tenantOf(request))).commandNames(),
    }),
  );
}

/**
 * The guild that a call names.
 * @throws BailiwickError guild.unknown (404), guild.unavailable (409)
 */
export function guildOf(tenants: Pick<Tenants, 'book'>, request: FastifyRequest): Guild {
  const { guild: id } = request.params as { guild: string };
  const book = tenants.book(tenantOf(request));
  const guild = book?.guild(id);
  if (guild) return guild;
  if (book?.hasLeft(id) === true) throw callerFault('guild.unknown', 'The bot is not in this server.', 404);
  // Not a server error: a tenant whose bot is stopped must not count against the edge for everybody.
  throw callerFault(
    'guild.unavailable',
    'The bot is not connected to Discord, so its servers are currently unknown.',
    409,
  );
}
