import type { Snowflake } from '#infra/kernel/ids.ts';
import type { Player, QueueSlice } from '#services/contracts/player.ts';
import { trackOf } from '../domain/entry.ts';
import { countLater } from '../domain/later.ts';
import { filterValues, filterWords, speedOf } from '../domain/filters.ts';
import { positionAt, type Session } from '../domain/session.ts';

/** Of a queue. */
export const shownEntries = 100;

/** The player at this point of a unit of work. */
export const shown = ({ session, nowMs }: { readonly session: Session; readonly nowMs: number }): Player =>
  playerOf(session, nowMs);

/** A session as shown to others (services/contracts/player.ts): without what only the node needs. */
export function playerOf(session: Session, nowMs: number): Player {
  const later = countLater(session);
  return {
    guild: session.guild,
    state: stateOf(session),
    current: session.current ? trackOf(session.current) : null,
    positionMs: Math.round(positionAt(session, nowMs)),
    asOfMs: nowMs,
    volume: session.volume,
    loop: session.loop,
    autoplay: session.autoplay !== null,
    filters: filterWords(session.filters),
    filterValues: filterValues(session.filters),
    speed: speedOf(session.filters),
    voiceChannel: session.voiceChannel,
    textChannel: session.textChannel,
    queue: session.queue.slice(0, shownEntries).map(trackOf),
    queueLength: session.queue.length,
    ...(later > 0 ? { later } : {}),
    message: session.message,
    reason: session.reason?.text ?? null,
    why: session.reason?.why ?? null,
    version: session.version,
  };
}

/** Which part of a queue: entries from a position on, of one member alone if they are named. */
export interface QueuePart {
  readonly from: number;
  readonly limit: number;
  readonly member?: Snowflake | undefined;
}

/** A part of the queue, for pagination. */
export function sliceOf(session: Session, { from, limit, member }: QueuePart): QueueSlice {
  const { queue, version } = session;
  const later = countLater(session, member);
  const more = later > 0 ? { later } : {};
  if (member !== undefined) {
    const theirs = queue.flatMap((entry, index) =>
      entry.requestedBy === member ? { entry, position: index + 1 } : [],
    );
    const shown = theirs.slice(from, from + limit);
    return {
      entries: shown.map(({ entry }) => trackOf(entry)),
      queueLength: queue.length,
      ...more,
      ofMember: { positions: shown.map(({ position }) => position), count: theirs.length },
      version,
    };
  }
  return { entries: queue.slice(from, from + limit).map(trackOf), queueLength: queue.length, ...more, version };
}

interface Seen extends Pick<Session, 'playback' | 'paused' | 'reason'> {
  readonly current: { readonly entryId: string } | null;
}

/** Ordered again after something went wrong: it plays once the node says so. */
const isAnother = ({ playback, reason, current }: Seen): boolean =>
  playback === 'requested' && current !== null && reason?.entryId === current.entryId;

/** Of a session, or of one at some moment. */
export function stateOf(session: Seen): Player['state'] {
  if (!session.current) return 'idle';
  if (session.playback === 'waiting' || isAnother(session)) return 'waiting';
  return session.paused ? 'paused' : 'playing';
}
