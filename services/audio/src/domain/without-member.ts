import type { Snowflake } from '#infra/kernel/ids.ts';
import type { Session } from './session.ts';
import type { TrackList } from './track-list.ts';

interface Requested {
  readonly requestedBy: Snowflake | null;
}

const anonymous = <Track extends Requested>(track: Track, user: Snowflake): Track =>
  track.requestedBy === user ? { ...track, requestedBy: null } : track;

const isTheirs = (track: Requested | null | undefined, user: Snowflake): boolean => track?.requestedBy === user;

/** A session in which nothing shows that this member took part: what they asked for stays, for nobody. */
export function sessionWithout(session: Session, user: Snowflake): Session {
  const { current, queue, later, history, votes, doneRequests } = session;
  const tracks = [current, ...queue, ...later, ...history, ...doneRequests.map(({ added }) => added?.first)];
  const hasVoted = votes?.users.includes(user) ?? false;
  if (!hasVoted && !tracks.some((track) => isTheirs(track, user))) return session;
  return {
    ...session,
    current: current && anonymous(current, user),
    queue: queue.map((track) => anonymous(track, user)),
    later: later.map((page) => anonymous(page, user)),
    history: history.map((track) => anonymous(track, user)),
    votes: votes && { ...votes, users: votes.users.filter((each) => each !== user) },
    doneRequests: doneRequests.map((done) =>
      done.added?.first ? { ...done, added: { ...done.added, first: anonymous(done.added.first, user) } } : done,
    ),
  };
}

/** The history of a server without what a member asked for. */
export function historyWithout(list: TrackList, user: Snowflake): TrackList {
  const tracks = list.tracks.filter((track) => !isTheirs(track, user));
  return tracks.length === list.tracks.length ? list : { ...list, tracks };
}

/** Another member's list, in which a track may have been asked for by this one. */
export function listWithout(list: TrackList, user: Snowflake): TrackList {
  const kept = [...list.tracks, ...list.done.map(({ first }) => first)];
  const isCounted = list.members !== undefined && Object.hasOwn(list.members, user);
  if (!isCounted && !kept.some((track) => isTheirs(track, user))) return list;
  const { members, ...rest } = list;
  const { [user]: _theirs, ...others } = members ?? {};
  return {
    ...rest,
    ...(members ? { members: others } : {}),
    tracks: list.tracks.map((track) => anonymous(track, user)),
    done: list.done.map((done) => (done.first ? { ...done, first: anonymous(done.first, user) } : done)),
  };
}

/** A part of a timeline as it is stored: tracks, wherever they are in it. The same if the member is not in it. */
export function withoutRequester(value: object, user: Snowflake): object {
  let isIn = false;
  const changed = JSON.parse(JSON.stringify(value), (name, inner: unknown) => {
    if (name !== 'requestedBy' || inner !== user) return inner;
    isIn = true;
    return null;
  }) as object;
  return isIn ? changed : value;
}
