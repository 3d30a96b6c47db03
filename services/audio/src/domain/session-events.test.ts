import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import { sessionEventSchemas } from '#services/contracts/timeline.ts';
import type { Entry } from './entry.ts';
import { noFilters } from './filters.ts';
import { emptyMoment, evolve, momentOf } from './moment.ts';
import { clear, moveAt, previous, removeSelected, setLoop, shuffle, skipTo, swap, unshuffle } from './queue-order.ts';
import { eventsOf } from './session-events.ts';
import {
  adopted,
  emptySession,
  enqueue,
  entered,
  interrupted,
  moved,
  pause,
  playedFrom,
  replay,
  resume,
  setFilters,
  setMessage,
  setVolume,
  skip,
  stop,
  trackEnded,
  trackFailed,
  trackStarted,
  type Change,
  type Session,
} from './session.ts';
import { sessionWithout } from './without-member.ts';

const guild = snowflake('100000000000000001');
const lounge = snowflake('300000000000000001');
const members = ['500000000000000001', '500000000000000002'].map(snowflake);
const entry = (id: number, by = 0): Entry => ({
  entryId: `ent_${id}`,
  encoded: `QAAA${id}`,
  title: `Track ${id}`,
  author: 'The Quays',
  uri: null,
  artworkUrl: null,
  lengthMs: 10_000,
  isStream: false,
  source: 'http',
  requestedBy: members[by] ?? null,
  failures: 0,
});
const channels = { voice: lounge, text: null };

/** A command, or a report from a node; numbers choose among what there is. */
type Step = { readonly what: keyof typeof steps; readonly one: number; readonly other: number };
const orNothing = (session: Session, change: () => Change): Change => {
  try {
    return change();
  } catch {
    // Refused, as it would be for a member.
    return { session, effects: [] };
  }
};
const idOf = ({ queue }: Session, at: number) => queue[at % Math.max(1, queue.length)]?.entryId ?? 'ent_0';
const steps = {
  add: (s: Session, now: number, one: number, other: number) => {
    const entries = Array.from({ length: 1 + (one % 4) }, (_, index) => entry(now * 10 + index, other % 3));
    return enqueue(s, entries, channels, now, (['last', 'next', 'now'] as const)[other % 3]);
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
  volume: (s, _now, one) => setVolume(s, one),
  filters: (s, now, one) => setFilters(s, { ...noFilters, speed: 50 + (one % 100) }, now),
  enter: (s, _now, one) => entered(s, one % 2 ? lounge : guild),
  move: (s, _now, one) => moved(s, one % 2 ? lounge : guild),
  message: (s, _now, one) => setMessage(s, one % 2 ? { channelId: lounge, messageId: lounge } : null),
  interrupt: (s, now, one) => interrupted(s, now, (['node', 'voice', 'answer'] as const)[one % 3] ?? 'node'),
  replay: (s, now, one) => replay(s, now, one % 2 ? one * 100 : undefined),
  adopt: (s, now, one) => adopted(s, s.attempt, one, now),
  seek: (s, now, one) => (s.current ? playedFrom(s, one, now) : { session: s, effects: [] }),
  previous: (s, now) => previous(s, now),
  skipTo: (s, now, one) => skipTo(s, 1 + (one % 5), now),
  clear: (s) => clear(s),
  shuffle: (s, _now, one) => shuffle(s, () => (one % 10) / 10),
  unshuffle: (s) => unshuffle(s),
  loop: (s, _now, one) => setLoop(s, (['off', 'track', 'queue'] as const)[one % 3] ?? 'off'),
  moveAt: (s, _now, one, other) => moveAt(s, 1 + (one % 6), 1 + (other % 6)),
  swap: (s, _now, one, other) => swap(s, 1 + (one % 5), 1 + (other % 5)),
  remove: (s, _now, one) => {
    const queue = s.queue.filter(({ entryId }) => entryId !== idOf(s, one));
    return { session: { ...s, queue }, effects: [], cause: 'queue' };
  },
  removeMember: (s, _now, one) => removeSelected(s, { member: members[one % 2] ?? lounge }, undefined),
  erase: (s, _now, one) => ({ session: sessionWithout(s, members[one % 2] ?? lounge), effects: [], cause: 'queue' }),
} satisfies Record<string, (session: Session, now: number, one: number, other: number) => Change>;

const stepsArbitrary: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    what: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom<Step['what'][]>('add', 'start', 'finish', 'skip') },
      { weight: 5, arbitrary: fc.constantFrom(...(Object.keys(steps) as Step['what'][])) },
    ),
    one: fc.nat(150),
    other: fc.nat(20),
  }),
  { maxLength: 60 },
);

test('the events of any commands lead to exactly what can be seen of the session, after each of them', () => {
  let told = 0;
  fc.assert(
    fc.property(stepsArbitrary, (commands) => {
      let session = emptySession(guild);
      let moment = emptyMoment;
      commands.forEach(({ what, one, other }, index) => {
        const before = session;
        const change = orNothing(before, () => steps[what](before, (index + 1) * 1_000, one, other));
        session = change.session;
        const events = eventsOf(before, change);
        for (const { type, data } of events) sessionEventSchemas[type].parse(data);
        moment = events.reduce(evolve, moment);
        told += events.length;
        expect(moment).toEqual(momentOf(session));
      });
    }),
    { numRuns: 1_000 },
  );
  expect(told).toBeGreaterThan(1_000);
});

describe('events say', () => {
  const typesOf = (before: Session, change: Change) => eventsOf(before, change).map(({ type }) => type);
  const idle = emptySession(guild);
  const first = enqueue(idle, [entry(1), entry(2), entry(3)], channels, 1);
  const heard = trackStarted(first.session, first.session.attempt, 0, 2).session;

  test('who has added what, which of it is played at once, and when the node plays it', () => {
    expect(eventsOf(idle, first)).toMatchObject([
      { type: 'TracksAdded', data: { at: 0, tracks: [{ entryId: 'ent_1', requestedBy: members[0] }, {}, {}] } },
      { type: 'TrackOrdered', data: { track: { entryId: 'ent_1' } } },
      { type: 'ChannelChanged', data: { voiceChannel: lounge } },
    ]);
    const started = trackStarted(first.session, first.session.attempt, 0, 2);
    expect(typesOf(first.session, started)).toEqual(['TrackStarted']);
  });

  test('how a track has ended', () => {
    const endingOf = (change: Change) =>
      eventsOf(heard, change).flatMap((event) => (event.type === 'TrackEnded' ? [event.data.ending] : []));
    expect(endingOf(trackEnded(heard, heard.attempt, 'finished', 3))).toEqual(['finished']);
    expect(endingOf(skip(heard, 3))).toEqual(['skipped']);
    expect(endingOf(skipTo(heard, 2, 3))).toEqual(['skipped']);
    expect(endingOf(stop(heard, 3))).toEqual(['stopped']);
    expect(endingOf(trackEnded(heard, heard.attempt, 'stopped', 3))).toEqual(['stopped']);
    const again = trackFailed(heard, heard.attempt, 'it broke', 3);
    expect(endingOf(again)).toEqual([]);
    const failed = trackFailed(again.session, again.session.attempt, 'it broke', 4);
    expect(eventsOf(again.session, failed)[0]).toMatchObject({ type: 'TrackEnded', data: { ending: 'failed' } });
  });

  test('that a track of a loop has ended and plays again', () => {
    const looped = setLoop(heard, 'track').session;
    expect(typesOf(looped, trackEnded(looped, looped.attempt, 'finished', 3))).toEqual(['TrackEnded', 'TrackOrdered']);
    const all = { ...setLoop(heard, 'queue').session, queue: [] };
    expect(typesOf(all, skip(all, 3))).toEqual(['TrackEnded', 'TrackOrdered']);
  });

  test('only the part of a queue that is in another order', () => {
    expect(eventsOf(heard, moveAt({ ...heard, queue: [2, 3, 4, 5, 6].map((id) => entry(id)) }, 2, 3))).toContainEqual({
      type: 'QueueReordered',
      data: { from: 1, entryIds: ['ent_4', 'ent_3'] },
    });
  });

  test('nothing of what is not seen', () => {
    expect(eventsOf(heard, setMessage(heard, { channelId: lounge, messageId: lounge }))).toEqual([]);
    expect(eventsOf(heard, { session: { ...heard, node: 'other', doneRequests: [] } })).toEqual([]);
  });
});
