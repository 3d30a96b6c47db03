import type { Snowflake } from '#infra/kernel/ids.ts';
import { Deciding } from './deciding.ts';
import { unchanged, votersOf, type Change, type Session } from './session.ts';

/** Those who hear the music: how many, and who, as far as that is known. */
export interface Listeners {
  readonly count: number;
  readonly ids?: readonly Snowflake[] | undefined;
}

export interface Tally {
  readonly votes: number;
  readonly needed: number;
}

/** More are not remembered, and so never counted. */
const maxVotes = 1_000;

/** One more vote; each member counts once. */
export function vote(session: Session, user: Snowflake, share: number): Change {
  const before = votersOf(session);
  if (!session.current || before.includes(user) || before.length >= maxVotes) return unchanged(session);
  const deciding = new Deciding(session);
  deciding.tell({ type: 'SkipVoted', data: { user, share } });
  return deciding.decided();
}

/** Whether the votes suffice among these listeners: they may when somebody leaves who has not voted. */
export function isVotedOut(session: Session, listeners: Required<Listeners>): boolean {
  if (!session.votes) return false;
  const { votes, needed } = tally(session, session.votes.share, listeners);
  return votes >= needed;
}

export const hasVoted = (session: Session, user: Snowflake): boolean => votersOf(session).includes(user);

/** Counts among the listeners: whoever has left no longer has a vote, and whoever joined is included. */
export function tally(session: Session, share: number, { count, ids }: Listeners): Tally {
  const present = ids ? votersOf(session).filter((user) => ids.includes(user)) : votersOf(session);
  // 2 of 3 is slightly more than 0.67: what only rounding adds is not required.
  return { votes: present.length, needed: Math.max(1, Math.ceil(share * count - 1e-9)) };
}

/** Of those in the channel, the ones who hear the music; whoever votes does, even if that has not been reported yet. */
export function hearing(
  present: {
    readonly listeners: number;
    readonly listenerIds?: readonly Snowflake[] | undefined;
    readonly deafIds?: readonly Snowflake[] | undefined;
  },
  voter?: Snowflake,
): Listeners {
  const deaf = (present.deafIds ?? []).filter((user) => user !== voter);
  const ids = present.listenerIds?.filter((user) => !deaf.includes(user));
  if (!ids || voter === undefined || ids.includes(voter)) return { count: present.listeners - deaf.length, ids };
  return { count: ids.length + 1, ids: [...ids, voter] };
}
