import type { Moment, SessionEvent } from '#services/contracts/timeline.ts';
import { trackOf } from './entry.ts';
import { noFilters } from './filters.ts';
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

/** The moment after an event. Events only tell what has happened, so none is refused. */
export function evolve(moment: Moment, event: SessionEvent): Moment {
  switch (event.type) {
    case 'TracksAdded':
    case 'TracksReturned':
      return { ...moment, queue: moment.queue.toSpliced(event.data.at, 0, ...event.data.tracks) };
    case 'TracksRemoved': {
      const gone = new Set(event.data.entryIds);
      return { ...moment, queue: moment.queue.filter(({ entryId }) => !gone.has(entryId)) };
    }
    case 'QueueReordered':
      return { ...moment, queue: reordered(moment.queue, event.data) };
    case 'TrackOrdered': {
      const { track: current, positionMs, asOfMs } = event.data;
      const queue = moment.queue.filter(({ entryId }) => entryId !== current.entryId);
      return { ...moment, current, queue, playback: 'requested', paused: false, positionMs, asOfMs };
    }
    case 'TrackStarted': {
      const { positionMs, asOfMs } = event.data;
      return { ...moment, playback: 'playing', positionMs, asOfMs };
    }
    case 'TrackEnded':
      return { ...moment, current: null, playback: 'waiting', paused: false, positionMs: 0, asOfMs: 0 };
    case 'Interrupted':
      return { ...moment, playback: 'waiting', ...event.data };
    case 'Paused':
      return { ...moment, paused: true, ...event.data };
    case 'Resumed':
      return { ...moment, paused: false, ...event.data };
    case 'PositionChanged':
    case 'VolumeChanged':
    case 'LoopChanged':
    case 'FiltersChanged':
    case 'ChannelChanged':
    case 'ReasonChanged':
      return { ...moment, ...event.data };
    case 'RequestersErased':
      return withoutRequesters(moment, new Set(event.data.entryIds));
    default:
      return event satisfies never;
  }
}

function reordered(
  queue: Moment['queue'],
  { from, entryIds }: { readonly from: number; readonly entryIds: readonly string[] },
): Moment['queue'] {
  const byId = new Map(queue.map((track) => [track.entryId, track]));
  const part = entryIds.flatMap((entryId) => byId.get(entryId) ?? []);
  return queue.toSpliced(from, part.length, ...part);
}

function withoutRequesters(moment: Moment, entryIds: ReadonlySet<string>): Moment {
  const erased = (track: Moment['queue'][number]) =>
    entryIds.has(track.entryId) ? { ...track, requestedBy: null } : track;
  return { ...moment, current: moment.current && erased(moment.current), queue: moment.queue.map(erased) };
}
