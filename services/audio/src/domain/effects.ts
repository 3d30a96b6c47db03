import type { MusicEvent } from './music-events.ts';
import type { Effect, Session } from './session.ts';

/** What has to be done so that outside is as the session is after these events: all that a change leads to. */
export function effectsOf(events: readonly MusicEvent[], after: Session): readonly Effect[] {
  const types = new Set(events.map(({ type }) => type));
  if (types.has('MusicStopped') || types.has('MusicKept')) return ['leave'];
  if (types.has('TrackOrdered') || types.has('OrderRepeated')) {
    // An order tells the node everything; one that waits for its time is no order yet, and a track that hangs still the node's.
    return [after.playback === 'waiting' ? 'silence' : 'play'];
  }
  if (types.has('MusicEnded')) return events.some(isSilencedByNode) ? [] : ['silence'];
  return [
    ...(types.has('Paused') || types.has('Resumed') ? (['pause'] as const) : []),
    ...(types.has('VolumeChanged') ? (['volume'] as const) : []),
    ...(types.has('FiltersChanged') ? (['filters'] as const) : []),
  ];
}

const isSilencedByNode = (event: MusicEvent): boolean => event.type === 'TrackEnded' && event.data.ending === 'stopped';
