import { faultNameOf } from '#services/contracts/statistics.ts';
import type { TrackEnding } from '#services/contracts/timeline.ts';
import { Deciding } from './deciding.ts';
import type { Entry } from './entry.ts';
import { nextAttempt, playedOnce } from './evolve.ts';
import { unchanged, type Change, type Reason, type Session } from './session.ts';

/**
 * Ends the current track in favour of the next; without one there is silence. Under a loop of the track, skip leaves that
 * track, and the loop then repeats the next one. Under a loop of the queue, the track goes to the end of the queue.
 */
export function skip(session: Session, nowMs: number): Change {
  if (!session.current) return unchanged(session);
  const deciding = new Deciding(session);
  follow(deciding, past(deciding, 'skipped'), nowMs);
  return deciding.decided('track-end');
}

/** Plays the current track from this position. */
export function playedFrom(session: Session, positionMs: number, nowMs: number): Change {
  const deciding = new Deciding(session);
  orderAgain(deciding, positionMs, nowMs);
  return deciding.decided('track-start');
}

/** The current track has played to its end: it starts again under a loop of the track, otherwise the next does. */
export function ended(session: Session, nowMs: number): Change {
  const { current, loop, paused } = session;
  const deciding = new Deciding(session);
  forgetFailures(deciding);
  if (!current || loop !== 'track' || !mayRepeat(current)) {
    follow(deciding, past(deciding, 'finished'), nowMs, { paused });
    return deciding.decided('track-end');
  }
  deciding.tell({ type: 'TrackEnded', data: { track: current, ending: 'finished' } });
  start(deciding, fresh(current), nowMs, { paused });
  return deciding.decided('track-end');
}

/**
 * The current track becomes the newest of the history.
 * @returns under a loop of the queue, the entry that is to wait at its end again
 */
export function past(deciding: Deciding, ending: TrackEnding): Entry | undefined {
  const { current, loop } = deciding.session;
  if (!current) return undefined;
  deciding.tell({ type: 'TrackRemembered', data: { entryId: current.entryId } });
  deciding.tell({ type: 'TrackEnded', data: { track: current, ending } });
  return loop === 'queue' && mayRepeat(current) ? comesAgain(deciding.session, playedOnce(current)) : undefined;
}

/** The current track has failed for good: it is in no history, and leaves the loop. */
export function failedForGood(deciding: Deciding, track: Entry, fault: string): void {
  deciding.tell({ type: 'TrackEnded', data: { track, ending: 'failed', fault: faultNameOf(fault) } });
}

/** An entry that goes to the end of the queue, under a loop: behind the pages, if any wait. */
const comesAgain = ({ later }: Pick<Session, 'later'>, entry: Entry): Entry =>
  later.length > 0 ? { ...entry, again: true } : entry;

/** Those in the queue with these ids have been passed over, under a loop: they come again behind the pages, if any wait. */
export function comeAgain(deciding: Deciding, entryIds: readonly string[]): void {
  if (deciding.session.later.length > 0 && entryIds.length > 0)
    deciding.tell({ type: 'TurnsPassed', data: { entryIds } });
}

interface Following {
  readonly paused?: boolean;
  /** Why it follows, if nobody requested that. */
  readonly reason?: Reason | null;
}

/** The next entry of the queue starts, before the one that comes `back` to its end; without either there is silence. */
export function follow(deciding: Deciding, back: Entry | undefined, nowMs: number, following: Following = {}): void {
  const entry = deciding.session.queue[0] ?? back;
  if (entry) {
    start(deciding, entry, nowMs, following);
    if (back && back.entryId !== entry.entryId) returned(deciding, back);
    return;
  }
  deciding.tell({ type: 'MusicEnded', data: { atMs: nowMs } });
  deciding.explain(following.reason ?? null);
}

/** It waits at the end of the queue again. */
export const returned = (deciding: Deciding, entry: Entry): void =>
  deciding.tell({ type: 'TracksReturned', data: { at: deciding.session.queue.length, tracks: [entry] } });

/** Starts this entry from its beginning, or if the bot has left with it, from where it was. */
function start(deciding: Deciding, track: Entry, nowMs: number, { paused = false, reason = null }: Following): void {
  const { current: before, left } = deciding.before;
  const isTakenUp = !before && left?.entryId === track.entryId;
  const positionMs = isTakenUp ? left.positionMs : 0;
  deciding.tell({ type: 'TrackOrdered', data: { track, positionMs, asOfMs: nowMs } });
  if (isTakenUp) deciding.tell({ type: 'MusicTakenUp', data: { entryId: track.entryId } });
  deciding.explain(reason);
  if (paused) deciding.tell({ type: 'Paused', data: { positionMs, asOfMs: nowMs } });
}

/** Starts this entry from its beginning, because somebody has chosen it. */
export function startOver(deciding: Deciding, track: Entry, nowMs: number): void {
  deciding.tell({ type: 'TrackOrdered', data: { track, positionMs: 0, asOfMs: nowMs } });
  deciding.explain(null);
}

/** A new order for the current track, from this position. */
export function orderAgain(deciding: Deciding, positionMs: number, nowMs: number): void {
  deciding.at('requested', positionMs, nowMs);
  deciding.tell({ type: 'OrderRepeated', data: { attempt: nextAttempt(deciding.session, nowMs) } });
}

export function forgetFailures(deciding: Deciding): void {
  const { failureRun } = deciding.session;
  if (failureRun > 0) deciding.tell({ type: 'FailuresForgotten', data: { failureRun } });
}

const fresh = (entry: Entry): Entry => ({ ...entry, failures: 0 });

/** Shorter than this, a track is not repeated: it would start many times a second. */
const shortestRepeatedMs = 1_000;

const mayRepeat = ({ lengthMs }: Entry): boolean => lengthMs === null || lengthMs >= shortestRepeatedMs;
