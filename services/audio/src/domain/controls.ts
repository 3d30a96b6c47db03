import { whyText, type Why } from '#services/contracts/why.ts';
import { noFilters, type Filters } from './filters.ts';
import { next, noFailures, withoutCurrent } from './playing.ts';
import { positionAt, reasonOf, unchanged, type Session, type Change } from './session.ts';

export function pause(session: Session, nowMs: number): Change {
  if (!session.current || session.paused) return unchanged(session);
  const positionMs = positionAt(session, nowMs);
  return { session: { ...session, paused: true, positionMs, asOfMs: nowMs }, effects: ['pause'], cause: 'pause' };
}

/** Continues after a pause, or with the queue that a run of failures has left. */
export function resume(session: Session, nowMs: number): Change {
  if (!session.current)
    return session.queue.length === 0 ? unchanged(session) : { ...next(session, nowMs), cause: 'queue' };
  if (!session.paused) return unchanged(session);
  return { session: { ...session, paused: false, asOfMs: nowMs }, effects: ['pause'], cause: 'pause' };
}

/** Ends everything and leaves voice. `why`: if nobody requested it. */
export function stop(session: Session, nowMs: number, why?: Why): Change {
  const over: Session = {
    ...withoutCurrent(session, nowMs),
    queue: [],
    later: [],
    history: [],
    loop: 'off',
    autoplay: null,
    filters: noFilters,
    unshuffled: null,
    paused: false,
    ...noFailures,
    voiceChannel: null,
    node: null,
    reason: why ? reasonOf(why, null) : null,
  };
  return { session: over, effects: ['leave'], cause: 'stop', ...(why ? { detail: whyText(why) } : {}) };
}

export function setVolume(session: Session, percent: number): Change {
  const volume = Math.min(150, Math.max(0, Math.round(percent)));
  if (volume === session.volume) return unchanged(session);
  return { session: { ...session, volume }, effects: ['volume'], cause: 'volume' };
}

/** The position that was reached counts from now on at the new speed. */
export function setFilters(session: Session, filters: Filters, nowMs: number): Change {
  const positionMs = positionAt(session, nowMs);
  return { session: { ...session, filters, positionMs, asOfMs: nowMs }, effects: ['filters'], cause: 'volume' };
}
