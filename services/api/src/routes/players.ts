import type { FastifyRequest } from 'fastify';
import { playerResponseSchema, playerSchema, volumeRequestSchema } from '#services/contracts/player.ts';
import type { PlayerControl, PlayerOf } from '../players.ts';
import { inGuild, guildParams, type ApiRoutes } from './api-routes.ts';

const summaries: Readonly<Record<PlayerControl, string>> = {
  pause: 'Pause the music',
  resume: 'Go on with the music',
  skip: 'Go on with the next track',
  stop: 'End the music and leave',
};

/** What plays in a guild, and its controls, for members of the tenant. Who may do what is decided at gateway-proxy. */
export const playerRoutes: ApiRoutes = (app, { access, players, config }) => {
  /** Whoever may not know of the tenant hears that there is none; everything else the proxy decides. */
  const playerOf = async (request: FastifyRequest, { tenant, guild }: Omit<PlayerOf, 'subject'>): Promise<PlayerOf> => {
    const { subject } = await access.require(request, 'tenant.read', { tenant, guild });
    return { tenant, guild, subject };
  };
  const problems = [409, 424, 502];

  app.get(
    `${inGuild}/player`,
    {
      config: { ...config, problems },
      schema: {
        operationId: 'readPlayer',
        tags: ['Players'],
        summary: 'What plays, and what comes next',
        params: guildParams,
        response: { 200: playerSchema },
      },
    },
    async (request) => players.read(await playerOf(request, request.params)),
  );

  for (const what of ['pause', 'resume', 'skip', 'stop'] as const) {
    app.post(
      `${inGuild}/player/${what}`,
      {
        config: { ...config, problems },
        schema: {
          operationId: `${what}Player`,
          tags: ['Players'],
          summary: summaries[what],
          params: guildParams,
          response: { 200: playerResponseSchema },
        },
      },
      async (request) => ({ player: await players.control(await playerOf(request, request.params), what) }),
    );
  }

  app.put(
    `${inGuild}/player/volume`,
    {
      config: { ...config, problems },
      schema: {
        operationId: 'setPlayerVolume',
        tags: ['Players'],
        summary: 'Set the volume, in percent',
        params: guildParams,
        body: volumeRequestSchema,
        response: { 200: playerResponseSchema },
      },
    },
    async (request) => {
      const { percent } = request.body;
      return { player: await players.setVolume(await playerOf(request, request.params), percent) };
    },
  );
};
