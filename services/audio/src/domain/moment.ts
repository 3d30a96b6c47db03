import type { Track } from '#services/contracts/player.ts';
import type { Moment } from '#services/contracts/timeline.ts';
import { trackOf } from './entry.ts';
import { noFilters } from './filters.ts';
import type { SeenEvent } from './music-events.ts';
import type { Session } from './session.ts';

/** Before anything has happened. */
export const emptyMoment: Moment = {
  current: null,
  playback: 'waiting',
  paused: false,
  positionMs: 0,
  asOfMs: 0,
  queue: [],
  volume: 100,
  loop: 'off',
  filters: noFilters,
  voiceChannel: null,
  reason: null,
};

/** What can be seen of a session. Without a current track there is nothing to pause and no position. */
export function momentOf(session: Session): Moment {
  const { current, playback, paused, positionMs, asOfMs, queue, volume, loop, filters, voiceChannel, reason } = session;
  const track = current
    ? { current: trackOf(current), playback, paused, positionMs, asOfMs }
    : ({ current: null, playback: 'waiting', paused: false, positionMs: 0, asOfMs: 0 } as const);
  return { ...track, queue: queue.map(trackOf), volume, loop, filters, voiceChannel, reason };
}

/** What can be seen, with tracks as whoever reads the events has them. */
export type Seen<Item> = Omit<Moment, 'current' | 'queue'> & {
  readonly current: Item | null;
  readonly queue: readonly Item[];
};

/** A track as far as an event names it. */
type Named = Pick<Track, 'entryId' | 'requestedBy'>;

/** What can be seen after an event: of a moment, or of a session. Events only tell what has happened, so none is refused. */
export function evolveSeen<Item extends Named, State extends Seen<Item>>(state: State, event: SeenEvent<Item>): State {
  switch (event.type) {
    case 'TracksAdded':
    case 'TracksReturned':
      return { ...state, queue: state.queue.toSpliced(event.data.at, 0, ...event.data.tracks) };
    case 'TracksRemoved': {
      const gone = new Set(event.data.entryIds);
      return { ...state, queue: state.queue.filter(({ entryId }) => !gone.has(entryId)) };
    }
    case 'QueueReordered':
      return { ...state, queue: reordered(state.queue, event.data) };
    case 'TrackOrdered': {
      const { track: current, positionMs, asOfMs } = event.data;
      const queue = state.queue.filter(({ entryId }) => entryId !== current.entryId);
      return { ...state, current, queue, playback: 'requested', paused: false, positionMs, asOfMs };
    }
    case 'TrackStarted': {
      const { positionMs, asOfMs } = event.data;
      return { ...state, playback: 'playing', positionMs, asOfMs };
    }
    case 'TrackEnded':
      return { ...state, current: null, playback: 'waiting', paused: false, positionMs: 0, asOfMs: 0 };
    case 'Interrupted':
      return { ...state, playback: 'waiting', ...event.data };
    case 'Paused':
      return { ...state, paused: true, ...event.data };
    case 'Resumed':
      return { ...state, paused: false, ...event.data };
    case 'PositionChanged':
    case 'VolumeChanged':
    case 'LoopChanged':
    case 'FiltersChanged':
    case 'ChannelChanged':
    case 'ReasonChanged':
      return { ...state, ...event.data };
    case 'RequestersErased':
      return withoutRequesters<Item, State>(state, new Set(event.data.entryIds));
    default:
      return event satisfies never;
  }
}

function reordered<Item extends Named>(
  queue: readonly Item[],
  { from, entryIds }: { readonly from: number; readonly entryIds: readonly string[] },
): readonly Item[] {
  const byId = new Map(queue.map((track) => [track.entryId, track]));
  const part = entryIds.flatMap((entryId) => byId.get(entryId) ?? []);
  return queue.toSpliced(from, part.length, ...part);
}

function withoutRequesters<Item extends Named, State extends Seen<Item>>(
  state: State,
  entryIds: ReadonlySet<string>,
): State {
  const erased = (track: Item): Item => (entryIds.has(track.entryId) ? { ...track, requestedBy: null } : track);
  return { ...state, current: state.current && erased(state.current), queue: state.queue.map(erased) };
}
