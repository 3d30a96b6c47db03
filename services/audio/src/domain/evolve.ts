import type { Entry } from './entry.ts';
import { emptySession, votersOf, type Session } from './session.ts';
import { remembered } from './idempotency.ts';
import { evolveSeen } from './moment.ts';
import type { MusicEvent } from './music-events.ts';

/** Entries that are remembered after they have played. */
export const historyLimit = 50;

/** Titles that are kept of tracks that were passed over: the first few, and the last. */
export const namedTracks = 3;

/** No track has failed since one ended well. */
const noFailures = { failureRun: 0, skippedRun: [], skippedCount: 0 } as const;

/**
 * The session after an event, and the only way in which one changes: a session is the fold of its events. Whether
 * something may happen was decided before, so nothing is refused here.
 */
export function evolve(session: Session, event: MusicEvent): Session {
  switch (event.type) {
    case 'TrackOrdered': {
      const { asOfMs } = event.data;
      const ordered = evolveSeen<Entry, Session>(session, event);
      return { ...ordered, attempt: nextAttempt(session, asOfMs), votes: null };
    }
    case 'OrderRepeated':
    case 'OrderRecognised':
    case 'NodeChosen':
    case 'AutoplayChanged':
    case 'MessageChanged':
    case 'ListenersNoted':
    case 'TextChannelChanged':
      return { ...session, ...event.data };
    case 'PagesChanged':
      return { ...session, later: event.data.pages };
    case 'OrderRemembered':
      return { ...session, unshuffled: event.data.entryIds };
    case 'TurnsPassed':
      return { ...session, queue: comingAgain(session.queue, event.data.entryIds) };
    case 'TrackRemembered':
      return { ...session, history: withNewest(session) };
    case 'WentBack':
      return { ...session, history: session.history.slice(1) };
    case 'MusicEnded':
      return silent(session, event.data.atMs);
    case 'MusicStopped':
      return { ...silent(gone(session), event.data.atMs), ...forgotten(session) };
    case 'MusicKept':
      return { ...silent(gone(session), event.data.atMs), left: event.data };
    case 'MusicTakenUp':
      return { ...session, left: null };
    case 'KeptMusicLapsed':
      return { ...session, ...forgotten(session), left: null };
    case 'TrackFailed':
      return { ...session, current: failed(session.current), failureRun: session.failureRun + 1 };
    case 'TrackPassedOver': {
      const skippedRun = [...session.skippedRun.slice(0, namedTracks), session.current?.title ?? ''];
      return { ...session, skippedRun, skippedCount: session.skippedCount + 1 };
    }
    case 'FailuresForgotten':
      return { ...session, ...noFailures };
    case 'SkipVoted':
      return withVote(session, event.data);
    case 'RequestDone':
      return { ...session, doneRequests: remembered(session.doneRequests, event.data) };
    case 'MemberErased':
      return withoutMember(session, event.data);
    default:
      return evolveSeen<Entry, Session>(session, event);
  }
}

/** Taken from the clock if possible, so that a session that was deleted and recreated does not repeat numbers. */
export const nextAttempt = (session: Session, nowMs: number): number => Math.max(session.attempt + 1, nowMs);

/** An entry that has played: what was known of its attempts and its turn is over. */
export const playedOnce = ({ again: _again, ...entry }: Entry): Entry => ({ ...entry, failures: 0 });

const withNewest = ({ current, history }: Session): Session['history'] =>
  current ? [playedOnce(current), ...history].slice(0, historyLimit) : history;

function comingAgain(queue: Session['queue'], entryIds: readonly string[]): Session['queue'] {
  const passed = new Set(entryIds);
  return queue.map((entry) => (passed.has(entry.entryId) ? { ...entry, again: true } : entry));
}

const failed = (entry: Entry | null): Entry | null => entry && { ...entry, failures: entry.failures + 1 };

/** Reports about what played before are late from now on. */
const silent = (session: Session, nowMs: number): Session => ({
  ...session,
  current: null,
  playback: 'waiting',
  paused: false,
  attempt: nextAttempt(session, nowMs),
  positionMs: 0,
  asOfMs: nowMs,
  votes: null,
});

const gone = (session: Session): Session => ({ ...session, ...noFailures, node: null });

/** What nobody has seen of the music that is over. */
function forgotten({ guild }: Session): Pick<Session, 'history' | 'later' | 'unshuffled' | 'autoplay'> {
  const { history, later, unshuffled, autoplay } = emptySession(guild);
  return { history, later, unshuffled, autoplay };
}

function withVote(
  session: Session,
  { user, share }: Extract<MusicEvent, { readonly type: 'SkipVoted' }>['data'],
): Session {
  const { current } = session;
  if (!current) return session;
  return { ...session, votes: { entryId: current.entryId, users: [...votersOf(session), user], share } };
}

function withoutMember(
  session: Session,
  { entryIds, pageIds, requestIds, voters }: Extract<MusicEvent, { readonly type: 'MemberErased' }>['data'],
): Session {
  const { later, history, votes, doneRequests } = session;
  return {
    ...session,
    history: history.map((entry) => (entryIds.includes(entry.entryId) ? { ...entry, requestedBy: null } : entry)),
    later: later.map((page) => (pageIds.includes(page.id) ? { ...page, requestedBy: null } : page)),
    votes: votes && { ...votes, users: voters },
    doneRequests: doneRequests.map((done) =>
      done.added?.first && requestIds.includes(done.id)
        ? { ...done, added: { ...done.added, first: { ...done.added.first, requestedBy: null } } }
        : done,
    ),
  };
}
