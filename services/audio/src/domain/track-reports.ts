import { displayName } from '#infra/kernel/names.ts';
import { because, trackFaults, whyText, type Why } from '#services/contracts/why.ts';
import type { Entry } from './entry.ts';
import { ended, next, noFailures, order, withoutCurrent } from './playing.ts';
import { reasonOf, unchanged, type Session, type Reason, type Effect, type Change } from './session.ts';
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

/** Tracks that are named when several in a row were skipped; of more, only their number and the last. */
const namedTracks = 3;
/** Of a title that stands among others. */
const titleCharacters = 60;

/** The node reports that the order numbered `attempt` is playing. */
export function trackStarted(session: Session, attempt: number, positionMs: number, nowMs: number): Change {
  if (!session.current || attempt !== session.attempt) return unchanged(session);
  return {
    session: { ...session, playback: 'playing', positionMs, asOfMs: nowMs, reason: reasonWhilePlaying(session) },
    effects: [],
    cause: 'track-start',
  };
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
      return {
        session: { ...withoutCurrent(session, nowMs), paused: false },
        effects: [],
        cause: 'track-end',
        ended: 'stopped',
      };
    case 'replaced':
      return unchanged(session);
    default:
      return reason satisfies never;
  }
}

/**
 * A track broke or hangs: it is tried once more, then the next one, after a run of failures with a pause before each; after
 * a long run, nothing more until somebody asks.
 */
export function trackFailed(session: Session, attempt: number, fault: string, nowMs: number): Change {
  const { current } = session;
  if (!current || attempt !== session.attempt) return unchanged(session);
  const failureRun = session.failureRun + 1;
  const failed: Entry = { ...current, failures: current.failures + 1 };
  const hasAnotherTry = failed.failures < failuresPerTrack;
  const broken: Session = { ...session, failureRun };
  if (failureRun >= failureRunLimit) {
    // The last one to fail may not have had its second attempt: then it is the first to be tried when somebody resumes.
    const queue = hasAnotherTry ? [failed, ...session.queue] : session.queue;
    const quiet: Session = { ...withoutCurrent(broken, nowMs), ...noFailures, queue, paused: false };
    const params = { times: failureRunLimit, title: current.title, fault };
    return failure(quiet, ['silence'], because(queue.length > 0 ? 'gave-up-kept' : 'gave-up', params), null);
  }
  if (hasAnotherTry && failureRun < promptFailures) {
    const again = order({ ...broken, current: failed, positionMs: 0 }, nowMs);
    const why = because('retried', { title: current.title, fault });
    return failure(again, ['play'], why, current.entryId);
  }
  return passedOver(broken, current, fault, nowMs);
}

/** The next track follows one that is given up; in a run of failures it waits to be tried. */
function passedOver(broken: Session, given: Entry, fault: string, nowMs: number): Change {
  const skippedRun = [...broken.skippedRun.slice(0, namedTracks), given.title];
  const skippedCount = broken.skippedCount + 1;
  const why = whySkipped(skippedRun, skippedCount, fault);
  const { session, effects } = next({ ...broken, current: null, skippedRun, skippedCount }, nowMs);
  if (!session.current || session.failureRun < promptFailures) return failure(session, effects, why, given.entryId);
  // A track that hangs is still the node's.
  return failure({ ...session, playback: 'waiting' }, ['silence'], why, given.entryId);
}

/** Each track by its title, and beyond a few how many there are. */
function whySkipped(titles: readonly string[], count: number, fault: string): Why {
  const title = titles.at(-1) ?? '';
  if (count === 1) return because('skipped', { title, fault });
  if (count > namedTracks) return because('skipped-many', { count, title, fault });
  const clipped = titles.map((each) => displayName(each, { maxCharacters: titleCharacters }));
  return because('skipped-several', { titles: clipped.map((each) => `“${each}”`).join(', '), fault });
}

const failure = (session: Session, effects: readonly Effect[], why: Why, entryId: string | null): Change => ({
  session: { ...session, reason: reasonOf(why, entryId) },
  effects,
  cause: 'failure',
  detail: whyText(why),
});

/**
 * The node plays the current track, by the order numbered `attempt` and at this position: it only has to be recorded.
 * The order may be an earlier one, if a later one has not reached the node.
 */
export function adopted(session: Session, attempt: number, positionMs: number, nowMs: number): Change {
  if (!session.current) return unchanged(session);
  const reason = reasonWhilePlaying(session);
  const known: Session = { ...session, attempt, playback: 'playing', positionMs, asOfMs: nowMs, reason };
  return session.playback === 'playing' && session.attempt === attempt
    ? { session: known, effects: [] }
    : { session: known, effects: [], cause: 'voice' };
}

const reasonWhilePlaying = ({ reason, current }: Session): Reason | null =>
  reason?.entryId == null || reason.entryId === current?.entryId ? null : reason;
