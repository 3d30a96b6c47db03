import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { trackFaults } from '#services/contracts/why.ts';
import { sessionEventSchemas } from '#services/contracts/timeline.ts';
import {
  carriedOut,
  channels,
  entry,
  guild,
  lounge,
  members,
  someSteps,
  type Step,
} from '../../testing/session-steps.ts';
import { asRequested, playedBy, setMessage } from './bookkeeping.ts';
import { effectsOf } from './effects.ts';
import { evolve } from './evolve.ts';
import { emptyMoment, evolveSeen, momentOf } from './moment.ts';
import { toldOf, unseen } from './music-events.ts';
import { moveAt, setLoop, skipTo } from './queue-order.ts';
import { emptySession, unchanged, type Change } from './session.ts';
import { enqueue } from './queueing.ts';
import { skip } from './playing.ts';
import { stop } from './controls.ts';
import { trackEnded, trackFailed, trackStarted } from './track-reports.ts';

const told = ({ events }: Change) => events.flatMap((event) => toldOf(event) ?? []);

test('a session is the fold of all that has happened in it, and effects follow from that', () => {
  fc.assert(
    fc.property(someSteps, (commands) => {
      const begin = emptySession(guild);
      let session = begin;
      const happened = commands.flatMap((step, index) => {
        const change = carriedOut(session, step, (index + 1) * 1_000);
        expect(change.events.reduce(evolve, session)).toEqual(change.session);
        expect(change.effects).toEqual(effectsOf(change.events, change.session));
        session = change.session;
        return change.events;
      });
      expect(happened.reduce(evolve, begin)).toEqual(session);
    }),
    { numRuns: 100 },
  );
});

/** Leads to every kind of event. */
const story: readonly (readonly [Step['what'], one?: number])[] = [
  ['add', 3],
  ['start'],
  ['pause'],
  ['resume'],
  ['volume', 30],
  ['filters', 20],
  ['loop', 2],
  ['message', 1],
  ['autoplay'],
  ['node'],
  ['vote'],
  ['request', 1],
  ['keepPage'],
  ['shuffle', 5],
  ['skip'],
  ['previous'],
  ['skipTo', 1],
  ['listen', 1],
  ['fail'],
  ['fail'],
  ['start'],
  ['finish'],
  ['interrupt'],
  ['adopt', 1],
  ['erase'],
  ['leave'],
  ['comeBack'],
  ['leave'],
  ['lapse'],
  ['add'],
  ['stopAtNode'],
  ['stop'],
];

test('there is no kind of event that does not happen', () => {
  let session = emptySession(guild);
  const seen = new Set<string>();
  story.forEach(([what, one = 0], index) => {
    const change = carriedOut(session, { what, one, other: 0 }, (index + 1) * 1_000);
    for (const { type } of change.events) seen.add(type);
    session = change.events.reduce(evolve, session);
    expect(session).toEqual(change.session);
  });
  expect(seen).toEqual(new Set([...Object.keys(sessionEventSchemas), ...Object.keys(unseen)]));
});

test('the events of any commands lead to exactly what can be seen of the session, after each of them', () => {
  let count = 0;
  fc.assert(
    fc.property(someSteps, (commands) => {
      let session = emptySession(guild);
      let moment = emptyMoment;
      commands.forEach((step, index) => {
        const before = session;
        const change = carriedOut(before, step, (index + 1) * 1_000);
        session = change.session;
        const events = told(change);
        for (const { type, data } of events) sessionEventSchemas[type].parse(data);
        moment = events.reduce(evolveSeen, moment);
        count += events.length;
        expect(moment).toEqual(momentOf(session));
      });
    }),
    { numRuns: 150 },
  );
  expect(count).toBeGreaterThan(1_000);
});

describe('events say', () => {
  const typesOf = (change: Change) => told(change).map(({ type }) => type);
  const idle = emptySession(guild);
  const first = enqueue(idle, [entry(1), entry(2), entry(3)], channels, 1);
  const heard = trackStarted(first.session, first.session.attempt, 0, 2).session;

  test('who has added what, which of it is played at once, and when the node plays it', () => {
    expect(told(first)).toMatchObject([
      { type: 'TracksAdded', data: { at: 0, tracks: [{ entryId: 'ent_1', requestedBy: members[0] }, {}, {}] } },
      { type: 'TrackOrdered', data: { track: { entryId: 'ent_1' } } },
      { type: 'ChannelChanged', data: { voiceChannel: lounge } },
    ]);
    const started = trackStarted(first.session, first.session.attempt, 0, 2);
    expect(typesOf(started)).toEqual(['TrackStarted']);
  });

  test('how a track has ended', () => {
    const endingOf = (change: Change) =>
      told(change).flatMap((event) => (event.type === 'TrackEnded' ? [event.data.ending] : []));
    expect(endingOf(trackEnded(heard, heard.attempt, 'finished', 3))).toEqual(['finished']);
    expect(endingOf(skip(heard, 3))).toEqual(['skipped']);
    expect(endingOf(skipTo(heard, 2, 3))).toEqual(['skipped']);
    expect(endingOf(stop(heard, 3))).toEqual(['stopped']);
    expect(endingOf(trackEnded(heard, heard.attempt, 'stopped', 3))).toEqual(['stopped']);
    const again = trackFailed(heard, heard.attempt, 'it broke', 3);
    expect(endingOf(again)).toEqual([]);
    const failed = trackFailed(again.session, again.session.attempt, 'it broke', 4);
    expect(told(failed)[0]).toMatchObject({
      type: 'TrackEnded',
      data: { ending: 'failed', fault: 'other' },
    });
    const stalled = trackFailed(again.session, again.session.attempt, trackFaults.stalled, 4);
    expect(told(stalled)[0]).toMatchObject({ data: { ending: 'failed', fault: 'stalled' } });
  });

  test('that a track of a loop has ended and plays again', () => {
    const looped = setLoop(heard, 'track').session;
    expect(typesOf(trackEnded(looped, looped.attempt, 'finished', 3))).toEqual(['TrackEnded', 'TrackOrdered']);
    const all = { ...setLoop(heard, 'queue').session, queue: [] };
    expect(typesOf(skip(all, 3))).toEqual(['TrackEnded', 'TrackOrdered']);
  });

  test('only the part of a queue that is in another order', () => {
    const five = { ...heard, queue: [2, 3, 4, 5, 6].map((id) => entry(id)) };
    expect(told(moveAt(five, 2, 3))).toEqual([
      { type: 'QueueReordered', data: { from: 1, entryIds: ['ent_4', 'ent_3'] } },
    ]);
  });

  test('where in the queue something was added', () => {
    const five = { ...heard, queue: [2, 3, 4].map((id) => entry(id)) };
    const at = (placement: 'last' | 'next' | 'in-turn') => told(enqueue(five, [entry(9, 1)], channels, 5, placement));
    expect(at('last')).toMatchObject([{ type: 'TracksAdded', data: { at: 3 } }]);
    expect(at('next')).toMatchObject([{ type: 'TracksAdded', data: { at: 0 } }]);
    // Of the other member's turn, and so before most of the first one's.
    expect(at('in-turn')).toMatchObject([{ type: 'TracksAdded', data: { at: 0 } }]);
  });

  test('nothing of what is not seen', () => {
    expect(told(setMessage(heard, { channelId: lounge, messageId: lounge }))).toEqual([]);
    expect(told(playedBy(heard, 'other'))).toEqual([]);
    expect(told(asRequested(unchanged(heard), { id: 'txn_1', atMs: 3 }))).toEqual([]);
  });
});
