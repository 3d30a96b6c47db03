import { expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import { testEntry } from '../../testing/test-entry.ts';
import { emptySession, type Session } from './session.ts';
import { skip } from './playing.ts';
import { hasVoted, isVotedOut, tally, vote } from './votes.ts';

const [ada, ben, cleo] = [snowflake('1'), snowflake('2'), snowflake('3')];
const entry = (entryId: string) => testEntry({ entryId, title: entryId });
const playing: Session = { ...emptySession(snowflake('9')), current: entry('a'), queue: [entry('b')] };
const withVote = (session: Session, user: typeof ada): Session => vote(session, user, 0.5).session;

test('counts a member once, however often they vote', () => {
  const session = withVote(withVote(playing, ada), ada);
  expect(tally(session, 0.5, { count: 3 })).toEqual({ votes: 1, needed: 2 });
  expect(tally(withVote(session, ben), 0.5, { count: 3 })).toEqual({ votes: 2, needed: 2 });
});

test('counts nobody who has left, and does not need those who have', () => {
  const session = withVote(withVote(playing, ada), ben);
  expect(tally(session, 0.5, { count: 2, ids: [ben, cleo] })).toEqual({ votes: 1, needed: 1 });
});

test('suffices when those leave who did not vote, and never by nobody', () => {
  const session = withVote(playing, ada);
  expect(isVotedOut(session, { count: 3, ids: [ada, ben, cleo] })).toBe(false);
  expect(isVotedOut(session, { count: 2, ids: [ada, ben] })).toBe(true);
  expect(isVotedOut(session, { count: 1, ids: [ben] })).toBe(false);
  expect(isVotedOut(session, { count: 0, ids: [] })).toBe(false);
  expect(isVotedOut(playing, { count: 0, ids: [] })).toBe(false);
});

test('forgets the votes with the track that they were about', () => {
  const { session } = skip(withVote(playing, ada), 0);
  expect(session.current?.entryId).toBe('b');
  expect(hasVoted(session, ada)).toBe(false);
  expect(tally(session, 1, { count: 1 })).toEqual({ votes: 0, needed: 1 });
});

test.each([
  [0.5, 1, 1],
  [0.5, 2, 1],
  [0.5, 3, 2],
  [2 / 3, 3, 2],
  [0.67, 3, 3],
  [0.1, 10, 1],
  [0.3, 10, 3],
  [0.01, 0, 1],
  [1, 7, 7],
])('asks a share of %d among %d for %d votes', (share, count, needed) => {
  expect(tally(playing, share, { count }).needed).toBe(needed);
});

test('has no votes where nothing plays', () => {
  const silent = emptySession(snowflake('9'));
  expect(vote(silent, ada, 0.5).session).toBe(silent);
});
