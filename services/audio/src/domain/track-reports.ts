import { displayName } from '#infra/kernel/names.ts';
import { because, trackFaults, whyText, type Why } from '#services/contracts/why.ts';
import { endCurrent } from './controls.ts';
import { Deciding } from './deciding.ts';
import type { Entry } from './entry.ts';
import { namedTracks } from './evolve.ts';
import { ended, failedForGood, follow, forgetFailures, orderAgain } from './playing.ts';
import { reasonOf, unchanged, type Session, type Change } from './session.ts';
import { interrupted } from './voice-presence.ts';

/** A track that fails this often is skipped. */
const failuresPerTrack = 2;

/**
 * After this many failures without a track that ended well, each track is tried once, and only when music that waits is
 * tried again (application/follow-node.ts): a node that plays nothing at all is not asked without a break.
 */
export const promptFailures = 5;

/** This many failures without a track that ended well stop the music: at a try every five seconds, after four minutes. */
export const failureRunLimit = 50;

/** Of a title that stands among others. */
const titleCharacters = 60;

/** The `node` reports that the order numbered `attempt` is playing: it has it, if that was not known. */
export function trackStarted(
  session: Session,
  attempt: number,
  positionMs: number,
  nowMs: number,
  node: string | null = session.node,
): Change {
  if (!session.current || attempt !== session.attempt) return unchanged(session);
  const deciding = new Deciding(session);
  if (session.node === null && node !== null) deciding.tell({ type: 'NodeChosen', data: { node } });
  plays(deciding, session.current, positionMs, nowMs);
  return deciding.decided('track-start');
}

/** The node plays the current track: what was wrong with an earlier one is over. */
function plays(deciding: Deciding, { entryId }: Entry, positionMs: number, nowMs: number): void {
  const { playback, reason } = deciding.session;
  if (playback === 'playing') deciding.at('playing', positionMs, nowMs);
  else deciding.tell({ type: 'TrackStarted', data: { entryId, positionMs, asOfMs: nowMs } });
  if (reason?.entryId == null || reason.entryId === entryId) deciding.explain(null);
}

export type EndReason = 'finished' | 'loadFailed' | 'stopped' | 'replaced' | 'cleanup';

/**
 * The node reports that the order numbered `attempt` ended. Only `finished` and `loadFailed` may start the next
 * (Lavalink docs/api/websocket.md, "Track End Reason"); what the node gave up for lack of voice waits where it was.
 * `fault` says why it could not be loaded, if the node has reported it.
 */
export function trackEnded(
  session: Session,
  attempt: number,
  reason: EndReason,
  nowMs: number,
  fault: string = trackFaults.unplayable,
): Change {
  if (!session.current || attempt !== session.attempt) return unchanged(session);
  switch (reason) {
    case 'finished':
      return ended(session, nowMs);
    case 'loadFailed':
      return trackFailed(session, attempt, fault, nowMs);
    case 'cleanup':
      return interrupted(session, nowMs, 'voice');
    case 'stopped':
      return silencedByNode(session, nowMs);
    case 'replaced':
      return unchanged(session);
    default:
      return reason satisfies never;
  }
}

function silencedByNode(session: Session, nowMs: number): Change {
  const deciding = new Deciding(session);
  endCurrent(deciding);
  deciding.tell({ type: 'MusicEnded', data: { atMs: nowMs } });
  return deciding.decided('track-end');
}

/**
 * A track broke or hangs: it is tried once more, then the next one, after a run of failures with a pause before each; after
 * a long run, nothing more until somebody asks.
 */
export function trackFailed(session: Session, attempt: number, fault: string, nowMs: number): Change {
  const { current } = session;
  if (!current || attempt !== session.attempt) return unchanged(session);
  const { entryId, title } = current;
  const deciding = new Deciding(session);
  deciding.tell({ type: 'TrackFailed', data: { entryId } });
  const { failureRun } = deciding.session;
  const failed: Entry = { ...current, failures: current.failures + 1 };
  const hasAnotherTry = failed.failures < failuresPerTrack;
  if (failureRun >= failureRunLimit) {
    failedForGood(deciding, current, fault);
    // The last one to fail may not have had its second attempt: then it is the first to be tried when somebody resumes.
    if (hasAnotherTry) deciding.tell({ type: 'TracksReturned', data: { at: 0, tracks: [failed] } });
    forgetFailures(deciding);
    deciding.tell({ type: 'MusicEnded', data: { atMs: nowMs } });
    const params = { times: failureRunLimit, title, fault };
    const why = because(deciding.session.queue.length > 0 ? 'gave-up-kept' : 'gave-up', params);
    deciding.explain(reasonOf(why, null));
    return deciding.decided('failure', whyText(why));
  }
  if (hasAnotherTry && failureRun < promptFailures) {
    const why = because('retried', { title, fault });
    orderAgain(deciding, 0, nowMs);
    deciding.explain(reasonOf(why, entryId));
    return deciding.decided('failure', whyText(why));
  }
  return passedOver(deciding, current, fault, nowMs);
}

/** The next track follows one that is given up; in a run of failures it waits to be tried. */
function passedOver(deciding: Deciding, given: Entry, fault: string, nowMs: number): Change {
  const { paused } = deciding.session;
  deciding.tell({ type: 'TrackPassedOver', data: { entryId: given.entryId } });
  failedForGood(deciding, given, fault);
  const { skippedRun, skippedCount } = deciding.session;
  const why = whySkipped(skippedRun, skippedCount, fault);
  follow(deciding, undefined, nowMs, { paused, reason: reasonOf(why, given.entryId) });
  const { current, failureRun, positionMs, asOfMs } = deciding.session;
  // A track that hangs is still the node's.
  if (current && failureRun >= promptFailures) deciding.tell({ type: 'Interrupted', data: { positionMs, asOfMs } });
  return deciding.decided('failure', whyText(why));
}

/** Each track by its title, and beyond a few how many there are. */
function whySkipped(titles: readonly string[], count: number, fault: string): Why {
  const title = titles.at(-1) ?? '';
  if (count === 1) return because('skipped', { title, fault });
  if (count > namedTracks) return because('skipped-many', { count, title, fault });
  const clipped = titles.map((each) => displayName(each, { maxCharacters: titleCharacters }));
  return because('skipped-several', { titles: clipped.map((each) => `“${each}”`).join(', '), fault });
}

/**
 * The node plays the current track, by the order numbered `attempt` and at this position: it only has to be recorded.
 * The order may be an earlier one, if a later one has not reached the node.
 */
export function adopted(session: Session, attempt: number, positionMs: number, nowMs: number): Change {
  if (!session.current) return unchanged(session);
  const deciding = new Deciding(session);
  plays(deciding, session.current, positionMs, nowMs);
  const isAsOrdered = session.playback === 'playing' && session.attempt === attempt;
  if (session.attempt !== attempt) deciding.tell({ type: 'OrderRecognised', data: { attempt } });
  return deciding.decided(isAsOrdered ? undefined : 'voice');
}
