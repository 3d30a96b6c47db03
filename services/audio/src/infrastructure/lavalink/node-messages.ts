import { z } from 'zod';
import { snowflakeSchema, type TenantId } from '#infra/kernel/ids.ts';
import type { NodeEvent } from '../../application/ports.ts';
import type { NodeTime } from './node-time.ts';
import { whyOf } from './tracks.ts';

/** `userData` comes back with each event; what is not ours has no order number in it. */
const track = z.object({
  info: z.object({ position: z.number().nonnegative().catch(0) }),
  userData: z.object({ attempt: z.int() }).nullish().catch(null),
});
const ends = ['finished', 'loadFailed', 'stopped', 'replaced', 'cleanup'] as const;

const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('TrackStartEvent'), guildId: snowflakeSchema, track }),
  z.object({ type: z.literal('TrackEndEvent'), guildId: snowflakeSchema, track, reason: z.enum(ends) }),
  z.object({
    type: z.literal('TrackExceptionEvent'),
    guildId: snowflakeSchema,
    track,
    exception: z.object({ message: z.string().nullish(), severity: z.string() }),
  }),
  z.object({ type: z.literal('TrackStuckEvent'), guildId: snowflakeSchema, track }),
  z.object({ type: z.literal('WebSocketClosedEvent'), guildId: snowflakeSchema, code: z.int() }),
]);

const updateSchema = z.object({
  op: z.literal('playerUpdate'),
  guildId: snowflakeSchema,
  state: z.object({ time: z.number(), position: z.number().nonnegative(), connected: z.boolean() }),
});

/**
 * Reads what a node sends about players (Lavalink docs/api/websocket.md); undefined for the rest, and for events of
 * plugins that we know nothing of.
 */
export function nodeEventOf(tenant: TenantId, message: unknown, time: NodeTime): NodeEvent | undefined {
  const update = updateSchema.safeParse(message);
  if (update.success) {
    const { guildId, state } = update.data;
    const asOfMs = time.ours(state.time);
    return { kind: 'position', place: { tenant, guild: guildId }, positionMs: state.position, asOfMs };
  }
  const parsed = eventSchema.safeParse(message);
  if (!parsed.success) return undefined;
  const event = parsed.data;
  const place = { tenant, guild: event.guildId };
  switch (event.type) {
    case 'TrackStartEvent':
      return { kind: 'started', place, attempt: event.track.userData?.attempt, positionMs: event.track.info.position };
    case 'TrackEndEvent':
      return { kind: 'ended', place, attempt: event.track.userData?.attempt, reason: event.reason };
    case 'TrackExceptionEvent':
      return { kind: 'failed', place, attempt: event.track.userData?.attempt, why: whyOf(event.exception) };
    case 'TrackStuckEvent':
      return { kind: 'stuck', place, attempt: event.track.userData?.attempt, why: 'the source stopped delivering it' };
    case 'WebSocketClosedEvent':
      return { kind: 'voice-closed', place, code: event.code };
    default:
      return event satisfies never;
  }
}

const playerSchema = z.object({
  guildId: snowflakeSchema,
  track: z.object({ userData: z.object({ attempt: z.int() }).nullish().catch(null) }).nullish(),
  volume: z.number(),
  paused: z.boolean(),
  state: z.object({ position: z.number().nonnegative(), connected: z.boolean() }),
});

/** A player as `GET /v4/sessions/{id}/players/{guild}` answers it. */
export function nodePlayerOf(answer: unknown) {
  const { guildId, track: playing, volume, paused, state } = playerSchema.parse(answer);
  return {
    guild: guildId,
    attempt: playing?.userData?.attempt,
    positionMs: state.position,
    connected: state.connected,
    volume,
    paused,
  };
}
