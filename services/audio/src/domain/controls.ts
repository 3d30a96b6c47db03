import type { Preset } from '#services/contracts/presets.ts';
import { whyText, type Why } from '#services/contracts/why.ts';
import { Deciding } from './deciding.ts';
import { noFilters, type Filters } from './filters.ts';
import { follow } from './playing.ts';
import { positionAt, reasonOf, unchanged, type Session, type Change } from './session.ts';

export function pause(session: Session, nowMs: number): Change {
  if (!session.current || session.paused) return unchanged(session);
  const deciding = new Deciding(session);
  deciding.tell({ type: 'Paused', data: { positionMs: positionAt(session, nowMs), asOfMs: nowMs } });
  return deciding.decided('pause');
}

/** Continues after a pause, or with the queue that a run of failures has left. */
export function resume(session: Session, nowMs: number): Change {
  const deciding = new Deciding(session);
  if (!session.current) {
    if (session.queue.length === 0) return unchanged(session);
    follow(deciding, undefined, nowMs);
    return deciding.decided('queue');
  }
  if (!session.paused) return unchanged(session);
  deciding.tell({ type: 'Resumed', data: { positionMs: session.positionMs, asOfMs: nowMs } });
  return deciding.decided('pause');
}

/** Ends everything and leaves voice. `why`: if nobody requested it. */
export function stop(session: Session, nowMs: number, why?: Why): Change {
  const deciding = new Deciding(session);
  endCurrent(deciding);
  deciding.removed(session.queue.map(({ entryId }) => entryId));
  deciding.inChannel(null);
  deciding.withLoop('off');
  deciding.withFilters(noFilters);
  deciding.explain(why ? reasonOf(why, null) : null);
  deciding.tell({ type: 'MusicStopped', data: { atMs: nowMs } });
  return deciding.decided('stop', why && whyText(why));
}

/** The current track ends because the music does. */
export function endCurrent(deciding: Deciding): void {
  const { current: track } = deciding.session;
  if (track) deciding.tell({ type: 'TrackEnded', data: { track, ending: 'stopped' } });
}

export function setVolume(session: Session, percent: number): Change {
  const deciding = new Deciding(session);
  deciding.atVolume(Math.min(150, Math.max(0, Math.round(percent))));
  return deciding.events.length === 0 ? unchanged(session) : deciding.decided('volume');
}

/** A bot that is in no channel yet has this volume and this filter there; null: as before. */
export function startingWith(session: Session, volume: number | null, preset: Preset | null): Change {
  const deciding = new Deciding(session);
  if (volume !== null) deciding.atVolume(volume);
  if (preset !== null) deciding.withFilters({ ...noFilters, presets: [preset] });
  return deciding.decided();
}

/** The position that was reached counts from now on at the new speed. */
export function setFilters(session: Session, filters: Filters, nowMs: number): Change {
  const deciding = new Deciding(session);
  deciding.withFilters(filters);
  if (session.current) deciding.at(session.playback, positionAt(session, nowMs), nowMs);
  return deciding.decided('volume');
}
