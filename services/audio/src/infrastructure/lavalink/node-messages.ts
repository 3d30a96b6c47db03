import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import { displayName } from '#infra/kernel/names.ts';
import { trackFaults } from '#services/contracts/why.ts';
import type { NodeEvent, NodePlayer, GuildKey } from '../../application/ports.ts';
import { plausiblePosition } from '../../domain/entry.ts';
import type { EndReason } from '../../domain/track-reports.ts';
import type { NodeTime } from './node-time.ts';
import { objectOf, snowflakeOf, textOf, wholeOf } from './node-values.ts';
import { whyOf } from './tracks.ts';

const ends: readonly string[] = [
  'finished',
  'loadFailed',
  'stopped',
  'replaced',
  'cleanup',
] satisfies readonly EndReason[];
const isEnd = (reason: unknown): reason is EndReason => typeof reason === 'string' && ends.includes(reason);

/** Which node told which tenant. */
interface Reporter {
  readonly tenant: TenantId;
  readonly node: string;
}

type About = Pick<Reporter, 'node'> & { readonly guildKey: GuildKey };

/**
 * Parses what a node sends about players (Lavalink docs/api/websocket.md); undefined for the rest, and for events of
 * unknown plugins.
 */
export function nodeEventOf({ tenant, node }: Reporter, message: unknown, time: NodeTime): NodeEvent | undefined {
  const fields = objectOf(message);
  const guild = snowflakeOf(fields['guildId']);
  if (!guild) return undefined;
  const about = { guildKey: { tenant, guild }, node };
  if (fields['op'] === 'event') return eventOf(about, fields, time);
  if (fields['op'] !== 'playerUpdate') return undefined;
  const { position, connected, time: nodeMs } = objectOf(fields['state']);
  const asOfMs = time.ours(wholeOf(nodeMs));
  return { kind: 'position', ...about, positionMs: plausiblePosition(position), asOfMs, connected: connected === true };
}

function eventOf(about: About, event: Readonly<Record<string, unknown>>, time: NodeTime): NodeEvent | undefined {
  const { info, attempt } = trackOf(event['track']);
  switch (event['type']) {
    case 'TrackStartEvent':
      return { kind: 'started', ...about, attempt, positionMs: plausiblePosition(info['position']) };
    case 'TrackEndEvent': {
      const { reason } = event;
      return isEnd(reason) ? { kind: 'ended', ...about, attempt, reason } : undefined;
    }
    case 'TrackExceptionEvent':
      return { kind: 'failed', ...about, attempt, why: whyOf(event['exception']) };
    case 'TrackStuckEvent':
      return { kind: 'stuck', ...about, attempt, why: trackFaults.stalled };
    case 'WebSocketClosedEvent':
      return { kind: 'voice-closed', ...about, code: wholeOf(event['code']) ?? 0 };
    case 'SegmentSkipped': {
      const { category, end } = objectOf(event['segment']);
      const words = displayName(textOf(category), { maxCharacters: 50, otherwise: 'unknown' });
      const positionMs = plausiblePosition(end);
      return { kind: 'segment-skipped', ...about, category: words, positionMs, asOfMs: time.ours(undefined) };
    }
    default:
      return undefined;
  }
}

/** `userData` is returned with each event; if it is not ours, it has no order number. */
function trackOf(track: unknown) {
  const { info, userData } = objectOf(track);
  const { attempt, entryId } = objectOf(userData);
  return { info: objectOf(info), attempt: wholeOf(attempt), entryId: textOf(entryId) || undefined };
}

/** A player as returned by `GET` and `PATCH /v4/sessions/{id}/players/{guild}`; undefined if it is not one. */
export function nodePlayerOf(answer: unknown): NodePlayer | undefined {
  const { guildId, track, volume, paused, state, voice, filters } = objectOf(answer);
  if (!snowflakeOf(guildId) || typeof paused !== 'boolean') return undefined;
  const { position, connected } = objectOf(state);
  const { attempt, entryId } = trackOf(track);
  return {
    attempt,
    entryId,
    positionMs: plausiblePosition(position),
    connected: connected === true,
    voiceSession: textOf(objectOf(voice)['sessionId']),
    volume: wholeOf(volume) ?? -1,
    filtered: Object.keys(objectOf(filters)).length > 0,
    paused,
  };
}

/** The guilds of `GET /v4/sessions/{id}/players`; undefined if it is not such a response. */
export function guildsOf(answer: unknown): Snowflake[] | undefined {
  if (!Array.isArray(answer)) return undefined;
  return answer.flatMap((player: unknown) => snowflakeOf(objectOf(player)['guildId']) ?? []);
}
