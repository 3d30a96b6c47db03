import type { Entry } from './entry.ts';
import { unchanged, type Session, type Change } from './session.ts';

/** Entries that are remembered after they have played. */
export const historyLimit = 50;

/** No track has failed since one ended well. */
export const noFailures = { failureRun: 0, skippedRun: [], skippedCount: 0 } as const;

/**
 * Ends the current track in favour of the next; without one there is silence. Under a loop of the track, skip leaves that
 * track, and the loop then repeats the next one. Under a loop of the queue, the track goes to the end of the queue.
 */
export function skip(session: Session, nowMs: number): Change {
  if (!session.current) return unchanged(session);
  return { ...next({ ...session, paused: false }, nowMs), cause: 'track-end' };
}

/** Starts this entry from its beginning, whatever was playing. */
export const started = (session: Session, current: Entry, nowMs: number): Change => ({
  session: order({ ...session, current, positionMs: 0, paused: false, reason: null, votes: null }, nowMs),
  effects: ['play'],
  cause: 'track-end',
});

/** Plays the current track from this position. */
export const playedFrom = (session: Session, positionMs: number, nowMs: number): Change => ({
  session: order({ ...session, positionMs }, nowMs),
  effects: ['play'],
  cause: 'track-start',
});

/** The next entry of the queue starts; without one there is silence. */
export function next(before: Session, nowMs: number): Change {
  const session: Session = { ...past(before), reason: null, votes: null };
  const [current, ...queue] = session.queue;
  if (!current) return { session: { ...withoutCurrent(session, nowMs), paused: false }, effects: ['silence'] };
  return { session: order({ ...session, current, queue, positionMs: 0 }, nowMs), effects: ['play'] };
}

/** The current track has played to its end: it starts again under a loop of the track, otherwise the next does. */
export function ended(session: Session, nowMs: number): Change {
  const { current, loop } = session;
  const well: Session = { ...session, ...noFailures };
  if (!current || loop !== 'track' || !mayRepeat(current))
    return { ...next(well, nowMs), cause: 'track-end', ended: 'finished' };
  const again: Session = { ...well, current: { ...current, failures: 0 }, positionMs: 0, reason: null, votes: null };
  return { session: order(again, nowMs), effects: ['play'], cause: 'track-end', ended: 'finished' };
}

/** The current track becomes the newest of the history, and under a loop of the queue also its last entry. */
export function past(session: Session): Session {
  const { current, history, queue, loop } = session;
  if (!current) return session;
  const { again: _again, ...rest } = current;
  const entry: Entry = { ...rest, failures: 0 };
  return {
    ...session,
    history: [entry, ...history].slice(0, historyLimit),
    queue: loop === 'queue' && mayRepeat(entry) ? [...queue, comesAgain(session, entry)] : queue,
  };
}

/** An entry that goes to the end of the queue, under a loop: behind the pages, if any wait. */
export const comesAgain = ({ later }: Pick<Session, 'later'>, entry: Entry): Entry =>
  later.length > 0 ? { ...entry, again: true } : entry;

/** With a new order for its current track, from its position. */
export function order(session: Session, nowMs: number): Session {
  return { ...session, playback: 'requested', attempt: nextAttempt(session, nowMs), asOfMs: nowMs };
}

/** Taken from the clock if possible, so that a session that was deleted and recreated does not repeat numbers. */
const nextAttempt = (session: Session, nowMs: number): number => Math.max(session.attempt + 1, nowMs);

export function withoutCurrent(session: Session, nowMs: number): Session {
  return {
    ...session,
    current: null,
    playback: 'waiting',
    attempt: nextAttempt(session, nowMs),
    positionMs: 0,
    asOfMs: nowMs,
  };
}

/** Shorter than this, a track is not repeated: it would start many times a second. */
const shortestRepeatedMs = 1_000;

const mayRepeat = ({ lengthMs }: Entry): boolean => lengthMs === null || lengthMs >= shortestRepeatedMs;
