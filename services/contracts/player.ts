import { z } from 'zod';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { presetNames } from './presets.ts';
import { settingsResponseSchema } from './settings.ts';
import { whySchema } from './why.ts';

/** The audio service's responses and streams about a guild's player. Paths are in policies/routes.ts. */

/** Percent. */
export const loudest = 150;

export const trackSchema = z.object({
  /** Unique within the queue; identifies an entry, not a recording. */
  entryId: z.string(),
  title: z.string(),
  author: z.string(),
  uri: z.string().nullable(),
  artworkUrl: z.string().nullable(),
  /** Null for a live stream, and if unknown. */
  lengthMs: z.number().int().nonnegative().nullable(),
  isStream: z.boolean(),
  source: z.string(),
  requestedBy: snowflakeSchema.nullable(),
  /** Chosen by autoplay, not by anybody. */
  automatic: z.boolean().optional(),
});
export type Track = z.infer<typeof trackSchema>;

export const messageReferenceSchema = z.object({ channelId: snowflakeSchema, messageId: snowflakeSchema });

export const playerSchema = z.object({
  guild: snowflakeSchema,
  /** idle: nothing to play; waiting: joining voice, or a node is unavailable. */
  state: z.enum(['idle', 'waiting', 'playing', 'paused']),
  current: trackSchema.nullable(),
  /** At the time `asOfMs`; while playing it advances with the clock. */
  positionMs: z.number().int().nonnegative(),
  asOfMs: z.number().int(),
  /** Percent, 0 to 150. */
  volume: z.number().int().min(0).max(loudest),
  loop: z.enum(['off', 'track', 'queue']).default('off'),
  /** Something like the last track follows when the queue is over. */
  autoplay: z.boolean().default(false),
  /** The filters that are on, in words for members. */
  filters: z.array(z.string()).default([]),
  /** The same as data. */
  filterValues: z
    .object({
      presets: z.array(z.enum(presetNames)),
      /** Percent. */
      speed: z.number(),
      pitch: z.number(),
      /** It is not flat. */
      equaliser: z.boolean(),
    })
    .default({ presets: [], speed: 100, pitch: 100, equaliser: false }),
  /** Ms of track that pass in one ms. */
  speed: z.number().positive().default(1),
  voiceChannel: snowflakeSchema.nullable(),
  textChannel: snowflakeSchema.nullable(),
  /** The first 100 entries after the current track. */
  queue: z.array(trackSchema),
  queueLength: z.number().int().nonnegative(),
  /** Tracks of long playlists that come into the queue when it is shorter; absent if there are none. */
  later: z.number().int().positive().optional(),
  /** The now-playing message. */
  message: messageReferenceSchema.nullable(),
  /**
   * Why the player is in this state, in words for members, if nobody requested it: a track that broke, a voice
   * connection or a node that is unavailable. Null if all is well.
   */
  reason: z.string().nullable(),
  /** The same as data; null if an earlier release has stored it. */
  why: whySchema.nullable().catch(null),
  /** Grows with each change; orders events and reads. */
  version: z.number().int(),
});
export type Player = z.infer<typeof playerSchema>;

/**
 * POST …/player/queue. The caller and their text and voice channel are not included: they come from the grant. `query`
 * is a search text or an http(s) URL. Callers of the portal are in no channel: they name the one to join if the bot is
 * in none; from a member in Discord a channel is refused.
 */
export const enqueueRequestSchema = z.strictObject({
  query: z.string().trim().min(1).max(500),
  voiceChannel: snowflakeSchema.optional(),
});
/** A member picks at most so many of what a search found. */
export const mostPicked = 5;

/** POST …/player/queue/pick: the links of tracks that a search found, added in this order. */
export const pickRequestSchema = z.strictObject({
  tracks: z.array(z.string().trim().min(1).max(500)).min(1).max(mostPicked),
});

/**
 * queue-full: no room left; quota: the maximum that this server lets a member queue; playlist-limit: beyond the 10,000
 * that one request adds; source, too-long: this server does not play them; unreadable: the music server's description
 * of them is invalid; not-loaded: it could not load them.
 */
export const leftOutSchema = z.object({
  reason: z.enum(['queue-full', 'quota', 'playlist-limit', 'source', 'too-long', 'unreadable', 'not-loaded']),
  count: z.number().int().positive(),
});
export type LeftOut = z.infer<typeof leftOutSchema>;

export const enqueueResponseSchema = z.object({
  /** The first of what was added. */
  added: z.array(trackSchema).max(1),
  addedCount: z.number().int(),
  /** Tracks of several that were not added, each reason at most once. */
  leftOut: z.array(leftOutSchema),
  /**
   * Why the added track will not play after all, in words for members: the music server refused it at once, and it is
   * no longer in the queue. Otherwise null.
   */
  refused: z.string().nullable(),
  refusedWhy: whySchema.nullable().catch(null),
  playlistName: z.string().nullable(),
  player: playerSchema,
});
export type EnqueueResponse = z.infer<typeof enqueueResponseSchema>;

/** GET …/player/search?query=: at most 25, for autocomplete. */
export const searchResponseSchema = z.object({
  tracks: z
    .array(trackSchema.pick({ title: true, author: true, lengthMs: true, isStream: true }).extend({ uri: z.string() }))
    .max(25),
});
export type SearchResponse = z.infer<typeof searchResponseSchema>;

/** PUT …/player/volume */
export const volumeRequestSchema = z.strictObject({ percent: z.number().int().min(0).max(150) });

/** PUT …/player/message; null forgets it. */
export const messageRequestSchema = z.strictObject({ message: messageReferenceSchema.nullable() });

/** POST …/player/queue/move: `to` is the position in the queue, 0 plays next; beyond the end is the end. */
export const moveRequestSchema = z.strictObject({
  entryId: z.string().regex(/^ent_[0-9a-hjkmnp-tv-z]{26}$/),
  to: z.number().int().min(0).max(1_000),
});

/** PUT …/player/voice: the bot joins this channel, without playing anything. */
export const voiceRequestSchema = z.strictObject({ voiceChannel: snowflakeSchema });

/** GET …/player/queue?from=&limit=: entries from this position on. */
export const queueSliceSchema = z.object({
  entries: z.array(trackSchema),
  queueLength: z.number().int(),
  /** As of a player; of one member's if only theirs are shown. */
  later: z.number().int().positive().optional(),
  /** Of one member's entries: where in the queue those shown are, 1 being the next, and how many there are. */
  ofMember: z.object({ positions: z.array(z.number().int()), count: z.number().int() }).optional(),
  version: z.number().int(),
});
export type QueueSlice = z.infer<typeof queueSliceSchema>;

/**
 * GET …/player/sound: what the Lavalink node itself reports about the player, asked now. Null if it has none.
 * `connected` is its connection to Discord's voice server.
 */
export const soundSchema = z.object({
  sound: z
    .object({ entryId: z.string().nullable(), positionMs: z.number(), paused: z.boolean(), connected: z.boolean() })
    .nullable(),
});
export type Sound = z.infer<typeof soundSchema>['sound'];

/**
 * GET …/player/lyrics: of the current track, as a plugin of the music server finds them. Either every line has the
 * time at which it is sung, or none has.
 */
export const lyricsResponseSchema = z.object({
  track: trackSchema,
  /** Now, in ms. */
  positionMs: z.number().int().nonnegative(),
  /** Who provides them, for members; empty if it is not said. */
  provider: z.string().max(100),
  lines: z
    .array(z.object({ atMs: z.number().int().nonnegative().nullable(), text: z.string().max(200) }))
    .min(1)
    .max(1_000),
});
export type LyricsResponse = z.infer<typeof lyricsResponseSchema>;

/** GET /v1/tenants/:tenant/players: those that play, wait or are in voice. */
export const playerSummarySchema = playerSchema.pick({
  guild: true,
  state: true,
  current: true,
  positionMs: true,
  asOfMs: true,
  voiceChannel: true,
  queueLength: true,
  version: true,
});
export const playerListSchema = z.object({ players: z.array(playerSummarySchema) });

/** The response to every command that changes a player. */
export const playerResponseSchema = z.object({ player: playerSchema });

/** POST …/player/skip. `vote`: it counted as a vote; with fewer votes than needed, nothing was skipped. */
export const skipResponseSchema = z.object({
  player: playerSchema,
  vote: z.object({ votes: z.number().int(), needed: z.number().int(), skipped: z.boolean() }).optional(),
});
export type SkipResponse = z.infer<typeof skipResponseSchema>;

/**
 * One line of GET /v1/tenants/:tenant/player-events: first `settings` of each guild that has some, then `player` for each
 * active one, then `current`, then changes.
 */
export const playerEventSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('player'),
    cause: z.enum(['snapshot', 'track-start', 'track-end', 'queue', 'pause', 'volume', 'stop', 'voice', 'failure']),
    player: playerSchema,
    detail: z.string().optional(),
  }),
  /** How the bot behaves in a guild: at first of each guild that has settings of its own, then when they change. */
  settingsResponseSchema.extend({ kind: z.literal('settings'), guild: snowflakeSchema }),
  z.object({ kind: z.literal('current') }),
]);
export type PlayerEvent = z.infer<typeof playerEventSchema>;

/** How the music repeats. off: not; track: the current one; queue: a track goes to the end of the queue. */
export const loopSchema = z.enum(['off', 'track', 'queue']);
export type Loop = z.infer<typeof loopSchema>;

const percentSchema = z.number().int().min(50).max(200);
const gainSchema = z.number().int().min(-25).max(100).optional();

/** A position in the queue as members count it: 1 plays next. */
const positionSchema = z.number().int().min(1).max(1_000);
const nothingSchema = z.undefined();

/**
 * What members may tell a player with a slash command, besides playing and pausing: the route and its parameters, which
 * are the options as the member entered them (policies/commands.ts).
 */
export const playerOperations = {
  /** By ten percent, up to 150 and down to 0. */
  louder: { on: 'POST /v1/tenants/:tenant/guilds/:guild/player/volume/up', request: nothingSchema },
  quieter: { on: 'POST /v1/tenants/:tenant/guilds/:guild/player/volume/down', request: nothingSchema },
  /** Without a parameter, back to the start. `to` is a time as people write it: 90, 1:30 or 1:02:03. */
  seek: {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/player/seek',
    request: z.union([
      z.strictObject({ to: z.string().min(1).max(20) }),
      z.strictObject({ forwardSec: z.number().int().min(1).max(86_400) }),
      z.strictObject({ rewindSec: z.number().int().min(1).max(86_400) }),
      nothingSchema,
    ]),
  },
  /** To a position of the queue; without one, back to the track before. */
  jump: {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/player/jump',
    request: z.union([z.strictObject({ position: positionSchema }), nothingSchema]),
  },
  clear: { on: 'POST /v1/tenants/:tenant/guilds/:guild/player/clear', request: nothingSchema },
  shuffle: {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/player/shuffle',
    request: z.strictObject({ undo: z.boolean().optional() }).optional(),
  },
  /** Without a mode, to the next of off, queue and track: a button carries no parameter. */
  loop: {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/player/loop',
    request: z.strictObject({ mode: loopSchema }).optional(),
  },
  /** Without a parameter, on if it is off, and off if it is on. It ends when the music is stopped. */
  autoplay: {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/player/autoplay',
    request: z.strictObject({ on: z.boolean() }).optional(),
  },
  arrange: {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/player/queue/arrange',
    request: z.union([
      z.strictObject({ from: positionSchema, to: positionSchema }),
      z.strictObject({ first: positionSchema, second: positionSchema }),
    ]),
  },
  /** One position, a range up to `to`, or what fits: a member's, repeated tracks, those of members who do not listen. */
  remove: {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/player/queue/remove',
    request: z.union([
      z.strictObject({ position: positionSchema, to: positionSchema.optional() }),
      z.strictObject({ member: snowflakeSchema }),
      z.strictObject({ which: z.enum(['duplicates', 'absent']) }),
    ]),
  },
  /** A preset is turned on, or off if it is on; `off` turns every filter off. Without a parameter, the equaliser is flat. */
  filter: {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/player/filter',
    request: z.union([
      z.strictObject({ preset: z.enum([...presetNames, 'off']) }),
      z.strictObject({ speed: percentSchema }),
      z.strictObject({ pitch: percentSchema }),
      z.strictObject({ bass: gainSchema, mid: gainSchema, treble: gainSchema }),
      nothingSchema,
    ]),
  },
  /** Into the member's own voice channel. */
  join: { on: 'POST /v1/tenants/:tenant/guilds/:guild/player/join', request: nothingSchema },
  /** Out of voice, with the current track and the queue kept for an hour; `count` of them. */
  leave: { on: 'POST /v1/tenants/:tenant/guilds/:guild/player/leave', request: nothingSchema },
} as const;
export type PlayerOperation = keyof typeof playerOperations;
export type OperationRequest<Name extends PlayerOperation> = z.infer<(typeof playerOperations)[Name]['request']>;

/** `count` and `first`: the tracks that were removed, moved or shuffled. */
export const operationResponseSchema = z.object({
  player: playerSchema,
  count: z.number().int().nonnegative(),
  first: trackSchema.nullable(),
});
export type OperationResponse = z.infer<typeof operationResponseSchema>;

/** Codes of the audio service's refusals that a member can do something about. */
export const playerErrorCodes = {
  notInVoice: 'player.member-not-in-voice',
  botNotInVoice: 'player.not-in-voice',
  otherChannel: 'player.other-voice-channel',
  nothingFound: 'player.nothing-found',
  nothingPlays: 'player.nothing-plays',
  queueFull: 'player.queue-full',
  voiceFull: 'player.voice-unavailable',
  nodeAway: 'player.node-unavailable',
  nodeSilent: 'player.node-no-answer',
  keysAway: 'player.unavailable',
  loadFailed: 'player.load-failed',
  urlRefused: 'player.url-refused',
  linkExpired: 'player.link-expired',
  filesRefused: 'player.files-refused',
  lyricsMissing: 'player.lyrics-missing',
  noLyrics: 'player.no-lyrics',
  sourceMissing: 'player.source-missing',
  filterMissing: 'player.filter-missing',
  sourceNotAllowed: 'player.source-not-allowed',
  trackTooLong: 'player.track-too-long',
  memberQuota: 'player.member-quota',
  unknownEntry: 'player.unknown-entry',
  notSeekable: 'player.not-seekable',
  noSuchTime: 'player.no-such-time',
  badTime: 'player.bad-time',
  noHistory: 'player.no-history',
  noSuchPosition: 'player.no-such-position',
  queueEmpty: 'player.queue-empty',
  noneRemoved: 'player.none-removed',
  notYours: 'player.not-yours',
  skipNotYours: 'player.skip-not-yours',
  notShuffled: 'player.not-shuffled',
} as const;
