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
import type { AccessControl } from '../access.ts';
import { nextCursorSchema, pageQuery } from '../pages.ts';
import type { PlayerControl, PlayerOf } from '../players.ts';
import { personOrKey } from '../operation-access.ts';
import { inGuild, guildParams, type ApiRoutes } from './api-routes.ts';

/** The maximum size of a queue (services/audio). */
const queueLimit = 1_000;

const summaries: Readonly<Record<PlayerControl, string>> = {
  pause: 'Pauses the current track',
  resume: 'Resumes the current track',
  skip: 'Skips to the next track',
  stop: 'Stops the music, clears the queue and leaves the voice channel',
};

const problems = [409, 424, 502];

/** Playback and its controls in a guild, for members of the tenant. gateway-proxy decides what they may do. */
export const playerRoutes: ApiRoutes = (app, ports) => {
  reading(app, ports);
  controls(app, ports);
  volume(app, ports);
  queue(app, ports);
  queueChanges(app, ports);
};

const reading: ApiRoutes = (app, { access, players, config }) => {
  app.get(
    `${inGuild}/player`,
    {
      config: { ...config, access: personOrKey('tenant.read', 'player.read'), problems },
      schema: {
        operationId: 'readPlayer',
        tags: ['Players'],
        summary: 'Returns what is playing and what comes next',
        params: guildParams,
        response: { 200: playerSchema },
      },
    },
    async (request) => players.read(playerOf(access, request)),
  );
};

/** Those without a body are alike. */
const controls: ApiRoutes = (app, { access, players, config }) => {
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
      async (request) => ({ player: await players.control(playerOf(access, request), what) }),
    );
  }
};

const volume: ApiRoutes = (app, { access, players, config }) => {
  app.put(
    `${inGuild}/player/volume`,
    {
      config: { ...config, access: personOrKey('tenant.read', 'player.volume'), problems },
      schema: {
        operationId: 'setPlayerVolume',
        tags: ['Players'],
        summary: 'Sets the volume, in percent',
        params: guildParams,
        body: volumeRequestSchema,
        response: { 200: playerResponseSchema },
      },
    },
    async (request) => {
      const { percent } = request.body;
      return { player: await players.setVolume(playerOf(access, request), percent) };
    },
  );
};

const queue: ApiRoutes = (app, { access, players, config, pages }) => {
  app.get(
    `${inGuild}/player/queue`,
    {
      config: { ...config, access: personOrKey('tenant.read', 'player.read'), problems },
      schema: {
        operationId: 'listQueue',
        tags: ['Players'],
        summary: 'Returns the queue in order. Pages may overlap or miss tracks if the queue changes between requests',
        params: guildParams,
        querystring: pageQuery,
        response: { 200: z.object({ items: z.array(trackSchema), nextCursor: nextCursorSchema }) },
      },
    },
    async (request) => {
      const of = playerOf(access, request);
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
          'Adds the result of a search or URL. A bot that is in no voice channel joins the one given, or else yours',
        params: guildParams,
        body: enqueueRequestSchema,
        response: { 200: enqueueResponseSchema },
      },
    },
    async (request) => players.enqueue(playerOf(access, request), request.body),
  );
};

const queueChanges: ApiRoutes = (app, { access, players, config }) => {
  app.post(
    `${inGuild}/player/queue/move`,
    {
      config: { ...config, access: personOrKey('tenant.read', 'player.move'), problems },
      schema: {
        operationId: 'moveTrack',
        tags: ['Players'],
        summary: 'Moves a track within the queue; position 0 plays next',
        params: guildParams,
        body: moveRequestSchema,
        response: { 200: playerResponseSchema },
      },
    },
    async (request) => {
      const { entryId, to } = request.body;
      return { player: await players.move(playerOf(access, request), entryId, to) };
    },
  );

  app.delete(
    `${inGuild}/player/queue/:entry(^ent_[0-9a-hjkmnp-tv-z]{26}$)`,
    {
      config: { ...config, access: personOrKey('tenant.read', 'player.remove'), problems },
      schema: {
        operationId: 'removeTrack',
        tags: ['Players'],
        summary: 'Removes a track from the queue',
        params: guildParams.extend({ entry: z.string() }),
        response: { 200: playerResponseSchema },
      },
    },
    async (request) => ({
      player: await players.remove(playerOf(access, request), request.params.entry),
    }),
  );
};

/** The guild's player, and for whom it is used. */
/** Whose player a request is about, and who asks. */
export function playerOf(
  access: AccessControl,
  request: FastifyRequest & { readonly params: Pick<PlayerOf, 'tenant' | 'guild'> },
): PlayerOf {
  const { subject, apiKey, covers } = access.of(request);
  const { tenant, guild } = request.params;
  return { tenant, guild, subject, apiKey, covers };
}
