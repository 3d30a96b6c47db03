import type { Snowflake } from '#infra/kernel/ids.ts';
import { Deciding } from './deciding.ts';
import { unchanged, type Change, type Session } from './session.ts';
import type { TrackList } from './track-list.ts';

interface Requested {
  readonly requestedBy: Snowflake | null;
}

const anonymous = <Track extends Requested>(track: Track, user: Snowflake): Track =>
  track.requestedBy === user ? { ...track, requestedBy: null } : track;

const isTheirs = (track: Requested | null | undefined, user: Snowflake): boolean => track?.requestedBy === user;

/** Nothing in the session shows any more that this member took part: what they asked for stays, for nobody. */
export function sessionWithout(session: Session, user: Snowflake): Change {
  const { current, queue, later, history, votes, doneRequests } = session;
  const seen = [current, ...queue].flatMap((track) => (track && isTheirs(track, user) ? [track.entryId] : []));
  const unseen = {
    entryIds: history.filter((track) => isTheirs(track, user)).map(({ entryId }) => entryId),
    pageIds: later.filter((page) => isTheirs(page, user)).map(({ id }) => id),
    requestIds: doneRequests.filter(({ added }) => isTheirs(added?.first, user)).map(({ id }) => id),
  };
  const hasVoted = votes?.users.includes(user) ?? false;
  const deciding = new Deciding(session);
  if (seen.length > 0) deciding.tell({ type: 'RequestersErased', data: { entryIds: seen } });
  if (hasVoted || Object.values(unseen).some((ids) => ids.length > 0)) {
    const voters = (votes?.users ?? []).filter((each) => each !== user);
    deciding.tell({ type: 'MemberErased', data: { ...unseen, voters } });
  }
  return deciding.events.length === 0 ? unchanged(session) : deciding.decided('queue');
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
