import { guildSettingsSchema, settingsResponseSchema } from '#services/contracts/settings.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../if-match.ts';
import { personOrKey } from '../operation-access.ts';
import { inGuild, guildParams, type ApiRoutes } from './api-routes.ts';
import { playerOf } from './players.ts';

/** How the bot behaves in a guild. The audio service keeps it; gateway-proxy decides who may change it. */
export const guildSettingsRoutes: ApiRoutes = (app, { access, players, config }) => {
  app.get(
    `${inGuild}/settings`,
    {
      config: { ...config, access: personOrKey('settings.read'), problems: [424, 502] },
      schema: {
        operationId: 'readGuildSettings',
        tags: ['Guilds'],
        summary: 'Returns how the bot behaves in a guild; version 0 is the default',
        params: guildParams,
        response: { 200: settingsResponseSchema },
      },
    },
    async (request, reply) => {
      const read = await players.settings(playerOf(access, request));
      return reply.header('etag', etagOf(read.version)).send(read);
    },
  );
  app.put(
    `${inGuild}/settings`,
    {
      config: { ...config, access: personOrKey('settings.write'), problems: [409, 412, 424, 428, 502] },
      schema: {
        operationId: 'replaceGuildSettings',
        tags: ['Guilds'],
        summary: 'Replaces how the bot behaves in a guild. If-Match holds the ETag of the version that you read',
        params: guildParams,
        headers: ifMatchHeaders,
        body: guildSettingsSchema,
        response: { 200: settingsResponseSchema },
      },
    },
    async (request, reply) => {
      const replacing = { settings: request.body, replaces: expectedVersion(request) ?? null };
      const saved = await players.replaceSettings(playerOf(access, request), replacing);
      return reply.header('etag', etagOf(saved.version)).send(saved);
    },
  );
};
