import { z } from 'zod';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { loopSchema, playerSchema, trackSchema } from './player.ts';
import { presetNames } from './presets.ts';
import { faultNames } from './statistics.ts';
import { whySchema } from './why.ts';

/** What has played in a server, and what its player was at any moment: the events of its music session. */

/** Why a track is no longer the current one. */
export const trackEndings = ['finished', 'skipped', 'failed', 'stopped'] as const;
export type TrackEnding = (typeof trackEndings)[number];

const positionSchema = { positionMs: z.number().min(0), asOfMs: z.number() };
const placeInTrackSchema = z.object(positionSchema);
const entryIdsSchema = z.array(z.string()).readonly();
const filtersSchema = z.object({
  presets: z.array(z.enum(presetNames)).readonly(),
  speed: z.number(),
  pitch: z.number(),
  equaliser: z.object({ bass: z.number(), mid: z.number(), treble: z.number() }),
});
const reasonSchema = z
  .object({ text: z.string(), entryId: z.string().nullable(), why: whySchema.optional().catch(undefined) })
  .nullable();
const playbackSchema = z.enum(['waiting', 'requested', 'playing']);

/** What can be seen of a session: the fold of its events. */
export const momentSchema = z.object({
  current: trackSchema.nullable(),
  playback: playbackSchema,
  paused: z.boolean(),
  /** Of the current track at `asOfMs`, from where it advances while it plays. */
  ...positionSchema,
  queue: z.array(trackSchema).readonly(),
  volume: z.number(),
  loop: loopSchema,
  filters: filtersSchema,
  voiceChannel: snowflakeSchema.nullable(),
  reason: reasonSchema,
});
export type Moment = z.infer<typeof momentSchema>;

/** The data of each event. Those about people or what they asked for are `personal` (services/audio). */
export const sessionEventSchemas = {
  /** Somebody asked for them. `at`: the position of the first in the queue, from 0. */
  TracksAdded: z.object({ at: z.number().int().min(0), tracks: z.array(trackSchema).readonly() }),
  /** They were in the queue or played before, and are in the queue again. */
  TracksReturned: z.object({ at: z.number().int().min(0), tracks: z.array(trackSchema).readonly() }),
  TracksRemoved: z.object({ entryIds: entryIdsSchema }),
  /** These entries, from the position `from` on, are now in this order. */
  QueueReordered: z.object({ from: z.number().int().min(0), entryIds: entryIdsSchema }),
  /** A node was told to play it; if it waited in the queue, it no longer does. */
  TrackOrdered: z.object({ track: trackSchema, ...positionSchema }),
  /** The node plays it. */
  TrackStarted: z.object({ entryId: z.string(), ...positionSchema }),
  /** `fault`: if it has failed; events of earlier releases do not tell it. */
  TrackEnded: z.object({ track: trackSchema, ending: z.enum(trackEndings), fault: z.enum(faultNames).optional() }),
  /** The current track waits: for a node, or for the voice connection. */
  Interrupted: placeInTrackSchema,
  Paused: placeInTrackSchema,
  Resumed: placeInTrackSchema,
  /** The current track goes on elsewhere in it, or is ordered again. */
  PositionChanged: z.object({ playback: playbackSchema, ...positionSchema }),
  VolumeChanged: z.object({ volume: z.number() }),
  LoopChanged: z.object({ loop: loopSchema }),
  FiltersChanged: z.object({ filters: filtersSchema }),
  /** Null: the bot has left voice. */
  ChannelChanged: z.object({ voiceChannel: snowflakeSchema.nullable() }),
  /** Why the player is in its state, if nobody requested it. Null: all is well. */
  ReasonChanged: z.object({ reason: reasonSchema }),
  /** A member was erased: nobody has asked for these. */
  RequestersErased: z.object({ entryIds: entryIdsSchema }),
} as const;
export type SessionEventType = keyof typeof sessionEventSchemas;
export type SessionEvent = {
  readonly [Type in SessionEventType]: {
    readonly type: Type;
    readonly data: z.output<(typeof sessionEventSchemas)[Type]>;
  };
}[SessionEventType];

/** A moment as it is shown: the player then. */
export const shownMomentSchema = playerSchema
  .pick({
    state: true,
    current: true,
    positionMs: true,
    volume: true,
    loop: true,
    filters: true,
    voiceChannel: true,
    queue: true,
    queueLength: true,
    reason: true,
  })
  .extend({
    /** When something last happened before that, in ms since the epoch. */
    sinceMs: z.number().int(),
  });
export type ShownMoment = z.infer<typeof shownMomentSchema>;

/** GET …/timeline?atMs= : null if nothing had happened by then, or it is no longer kept. */
export const timelineMomentSchema = z.object({ moment: shownMomentSchema.nullable() });

const eventSchemas = Object.entries(sessionEventSchemas).map(([type, data]) =>
  z.object({ version: z.number().int(), atMs: z.number().int(), type: z.literal(type as SessionEventType), data }),
);
export type TimelineEvent = SessionEvent & {
  /** In its session, from 1 and without gaps. */
  readonly version: number;
  readonly atMs: number;
};
export const timelineEventSchema = z.discriminatedUnion(
  'type',
  eventSchemas as unknown as [(typeof eventSchemas)[0]],
) as unknown as z.ZodType<TimelineEvent>;

/** GET …/timeline/events?fromMs=&toMs=&after=&limit= : those above version `after`, oldest first. */
export const timelineEventsSchema = z.object({ events: z.array(timelineEventSchema) });
