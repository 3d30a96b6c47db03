import fc from 'fast-check';
import { snowflake } from '#infra/kernel/ids.ts';
import { foundNothing, setAutoplay } from '../src/domain/autoplay.ts';
import type { Entry } from '../src/domain/entry.ts';
import { noFilters } from '../src/domain/filters.ts';
import { putIntoPages, withNextPage, withPages } from '../src/domain/later.ts';
import { comeBack, keptForMs, leave, stillKept } from '../src/domain/leave.ts';
import {
  clear,
  moveAt,
  previous,
  removeSelected,
  setLoop,
  shuffle,
  skipTo,
  swap,
  unshuffle,
} from '../src/domain/queue-order.ts';
import { adopted, trackEnded, trackFailed, trackStarted } from '../src/domain/track-reports.ts';
import { enqueue, remove } from '../src/domain/queueing.ts';
import { entered, interrupted, replay } from '../src/domain/voice-presence.ts';
import { pause, resume, setFilters, setVolume, stop } from '../src/domain/controls.ts';
import { playedFrom, skip } from '../src/domain/playing.ts';
import { asHeard, asRequested, playedBy, setMessage } from '../src/domain/bookkeeping.ts';
import { vote } from '../src/domain/votes.ts';
import { unchanged, type Change, type Session } from '../src/domain/session.ts';
import { sessionWithout } from '../src/domain/without-member.ts';
import { testEntry } from './test-entry.ts';

/** Anything that can be done to a session, for tests of what holds whatever happens. */
export const guild = snowflake('100000000000000001');
export const lounge = snowflake('300000000000000001');
export const members = ['500000000000000001', '500000000000000002'].map(snowflake);
export const entry = (id: number, by = 0): Entry =>
  testEntry({
    entryId: `ent_${id}`,
    encoded: `QAAA${id}`,
    title: `Track ${id}`,
    lengthMs: 10_000,
    source: 'http',
    requestedBy: members[by] ?? null,
  });
export const channels = { voice: lounge, text: null };

/** A command, or a report from a node; numbers choose among what there is. */
export type Step = { readonly what: keyof typeof steps; readonly one: number; readonly other: number };
const orNothing = (session: Session, change: () => Change): Change => {
  try {
    return change();
  } catch {
    // Refused, as it would be for a member.
    return unchanged(session);
  }
};
const idOf = ({ queue }: Session, at: number) => queue[at % Math.max(1, queue.length)]?.entryId ?? 'ent_0';
const steps = {
  add: (s: Session, now: number, one: number, other: number) => {
    const entries = Array.from({ length: 1 + (one % 4) }, (_, index) => entry(now * 10 + index, other % 3));
    const where = { ...channels, text: one % 2 ? lounge : null };
    return enqueue(s, entries, where, now, (['last', 'next', 'now', 'in-turn'] as const)[other % 4]);
  },
  start: (s, now, one) => trackStarted(s, s.attempt, one, now),
  finish: (s, now) => trackEnded(s, s.attempt, 'finished', now),
  stopAtNode: (s, now) => trackEnded(s, s.attempt, 'stopped', now),
  giveUp: (s, now) => trackEnded(s, s.attempt, 'cleanup', now),
  fail: (s, now) => trackFailed(s, s.attempt, 'it broke', now),
  skip: (s, now) => skip(s, now),
  pause: (s, now) => pause(s, now),
  resume: (s, now) => resume(s, now),
  stop: (s, now) => stop(s, now),
  leave: (s, now) => leave(s, now),
  comeBack: (s, now) => (s.voiceChannel === null ? comeBack(s, lounge, now) : unchanged(s)),
  volume: (s, _now, one) => setVolume(s, one),
  filters: (s, now, one) => setFilters(s, { ...noFilters, speed: 50 + (one % 100) }, now),
  enter: (s, _now, one) => entered(s, one % 2 ? lounge : guild),
  move: (s, _now, one) => entered(s, one % 2 ? guild : lounge),
  message: (s, _now, one) => setMessage(s, one % 2 ? { channelId: lounge, messageId: lounge } : null),
  interrupt: (s, now, one) => interrupted(s, now, (['node', 'voice', 'answer'] as const)[one % 3] ?? 'node'),
  replay: (s, now, one) => replay(s, now, one % 2 ? one * 100 : undefined),
  adopt: (s, now, one) => adopted(s, s.attempt - (one % 2), one, now),
  seek: (s, now, one) => (s.current ? playedFrom(s, one, now) : unchanged(s)),
  previous: (s, now) => previous(s, now),
  skipTo: (s, now, one) => skipTo(s, 1 + (one % 5), now),
  clear: (s) => clear(s),
  shuffle: (s, _now, one) => shuffle(s, () => (one % 10) / 10),
  unshuffle: (s) => unshuffle(s),
  loop: (s, _now, one) => setLoop(s, (['off', 'track', 'queue'] as const)[one % 3] ?? 'off'),
  moveAt: (s, _now, one, other) => moveAt(s, 1 + (one % 6), 1 + (other % 6)),
  swap: (s, _now, one, other) => swap(s, 1 + (one % 5), 1 + (other % 5)),
  remove: (s, _now, one) => remove(s, idOf(s, one)) ?? unchanged(s),
  removeMember: (s, _now, one) => removeSelected(s, { member: members[one % 2] ?? lounge }, undefined),
  vote: (s, _now, one) => vote(s, members[one % 2] ?? lounge, 0.5),
  autoplay: (s, _now, one) => setAutoplay(s, undefined, one % 2 ? { sources: ['http'] } : {}),
  foundNothing: (s) => (s.current ? unchanged(s) : foundNothing(s)),
  node: (s, _now, one) => playedBy(s, ['one', 'two', null][one % 3] ?? null),
  request: (s, now, one) => {
    const added = { first: entry(now, one % 3), count: 1, playlistName: null, leftOut: [] };
    return asRequested(pause(s, now), { id: `txn_${now}`, atMs: now, ...(one % 2 ? { added } : {}) });
  },
  keepPage: (s, now, one) =>
    withPages(pause(s, now), [{ id: `page_${now}`, number: 1 + one, count: 2, requestedBy: members[one % 3] ?? null }]),
  takePage: (s, now, one) => {
    const random = () => (one % 10) / 10;
    return s.later.length === 0
      ? unchanged(s)
      : withNextPage(s, [entry(now * 10), entry(now * 10 + 1)], { inTurn: one % 2 === 0, random }, now);
  },
  putBack: (s, now) =>
    putIntoPages(s, s.queue.slice(0, 2), [{ id: `page_${now}`, number: 1, count: 2, requestedBy: null }]),
  listen: (s, _now, one) => asHeard(unchanged(s), one % 2 === 1),
  lapse: (s, now) => stillKept(s, now + keptForMs),
  erase: (s, _now, one) => sessionWithout(s, members[one % 2] ?? lounge),
} satisfies Record<string, (session: Session, now: number, one: number, other: number) => Change>;

export const someSteps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    what: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom<Step['what'][]>('add', 'start', 'finish', 'skip') },
      { weight: 1, arbitrary: fc.constantFrom<Step['what'][]>('fail', 'leave', 'lapse', 'comeBack') },
      { weight: 5, arbitrary: fc.constantFrom(...(Object.keys(steps) as Step['what'][])) },
    ),
    one: fc.nat(150),
    other: fc.nat(20),
  }),
  // By default most would be a few steps long.
  { maxLength: 60, size: 'max' },
);

/** What a command changes at this time; nothing if it is refused. */
export const carriedOut = (session: Session, { what, one, other }: Step, nowMs: number): Change =>
  orNothing(session, () => steps[what](session, nowMs, one, other));
