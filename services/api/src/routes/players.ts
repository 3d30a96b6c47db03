import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  enqueueRequestSchema,
  enqueueResponseSchema,
  moveRequestSchema,
  playerResponseSchema,
  playerSchema,
  trackSchema,
  volumeRequestSchema,
} from '#services/contracts/player.ts';
import { nextCursorSchema, pageQuery } from '../pages.ts';
import type { PlayerControl, PlayerOf } from '../players.ts';
import { personOrKey } from '../operation-access.ts';
import { inGuild, guildParams, type ApiRoutes } from './api-routes.ts';

/** As many as a queue ever holds (services/audio). */
const queueLimit = 1_000;

const summaries: Readonly<Record<PlayerControl, string>> = {
  pause: 'Pause the music',
  resume: 'Go on with the music',
  skip: 'Go on with the next track',
  stop: 'End the music and leave',
};

/** What plays in a guild, and its controls, for members of the tenant. Who may do what is decided at gateway-proxy. */
export const playerRoutes: ApiRoutes = (app, { access, players, config, pages }) => {
  const playerOf = (request: FastifyRequest, { tenant, guild }: Pick<PlayerOf, 'tenant' | 'guild'>): PlayerOf => {
    const { subject, apiKey, covers } = access.of(request);
    return { tenant, guild, subject, apiKey, covers };
  };
  const problems = [409, 424, 502];

  app.get(
    `${inGuild}/player`,
    {
      config: { ...config, access: personOrKey('tenant.read', 'player.read'), problems },
      schema: {
        operationId: 'readPlayer',
        tags: ['Players'],
        summary: 'What plays, and what comes next',
        params: guildParams,
        response: { 200: playerSchema },
      },
    },
    async (request) => players.read(playerOf(request, request.params)),
  );

  for (const what of ['pause', 'resume', 'skip', 'stop'] as const) {
    app.post(
      `${inGuild}/player/${what}`,
      {
        config: { ...config, access: personOrKey('tenant.read', `player.${what}`), problems },
        schema: {
          operationId: `${what}Player`,
          tags: ['Players'],
          summary: summaries[what],
          params: guildParams,
          response: { 200: playerResponseSchema },
        },
      },
      async (request) => ({ player: await players.control(playerOf(request, request.params), what) }),
    );
  }

  app.put(
    `${inGuild}/player/volume`,
    {
      config: { ...config, access: personOrKey('tenant.read', 'player.volume'), problems },
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
      return { player: await players.setVolume(playerOf(request, request.params), percent) };
    },
  );

  app.get(
    `${inGuild}/player/queue`,
    {
      config: { ...config, access: personOrKey('tenant.read', 'player.read'), problems },
      schema: {
        operationId: 'listQueue',
        tags: ['Players'],
        summary: 'What waits, in its order; pages may overlap or miss tracks when the queue moves meanwhile',
        params: guildParams,
        querystring: pageQuery,
        response: { 200: z.object({ items: z.array(trackSchema), nextCursor: nextCursorSchema }) },
      },
    },
    async (request) => {
      const of = playerOf(request, request.params);
      const scope = { operation: 'listQueue', tenant: of.tenant, filter: of.guild };
      const page = pages.open(scope, request.query, z.number().int().min(0).max(queueLimit));
      const from = page.after === undefined ? 0 : page.after + 1;
      const { entries } = await players.slice(of, from, page.take);
      const placed = entries.map((entry, index) => ({ entry, place: from + index }));
      const { rows, nextCursor } = page.of(placed, ({ place }) => place);
      return { items: rows.map(({ entry }) => entry), nextCursor };
    },
  );

  app.post(
    `${inGuild}/player/queue`,
    {
      config: { ...config, access: personOrKey('tenant.read', 'player.enqueue'), problems: [...problems, 422] },
      schema: {
        operationId: 'enqueue',
        tags: ['Players'],
        summary:
          'Add what a search or an address leads to. A bot that is in no voice channel comes to the one that is named, else to yours',
        params: guildParams,
        body: enqueueRequestSchema,
        response: { 200: enqueueResponseSchema },
      },
    },
    async (request) => players.enqueue(playerOf(request, request.params), request.body),
  );

  app.post(
    `${inGuild}/player/queue/move`,
    {
      config: { ...config, access: personOrKey('tenant.read', 'player.move'), problems },
      schema: {
        operationId: 'moveTrack',
        tags: ['Players'],
        summary: 'Move a track within the queue; 0 is the next to play',
        params: guildParams,
        body: moveRequestSchema,
        response: { 200: playerResponseSchema },
      },
    },
    async (request) => {
      const { entryId, to } = request.body;
      return { player: await players.move(playerOf(request, request.params), entryId, to) };
    },
  );

  app.delete(
    `${inGuild}/player/queue/:entry(^ent_[0-9a-hjkmnp-tv-z]{26}$)`,
    {
      config: { ...config, access: personOrKey('tenant.read', 'player.remove'), problems },
      schema: {
        operationId: 'removeTrack',
        tags: ['Players'],
        summary: 'Take a track out of the queue',
        params: guildParams.extend({ entry: z.string() }),
        response: { 200: playerResponseSchema },
      },
    },
    async (request) => ({
      player: await players.remove(playerOf(request, request.params), request.params.entry),
    }),
  );
};
