import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { because } from '#services/contracts/why.ts';
import { snowflake } from '#infra/kernel/ids.ts';
import { testEntry } from '../../testing/test-entry.ts';
import type { Entry } from './entry.ts';
import {
  adopted,
  failureRunLimit,
  promptFailures,
  trackEnded,
  trackFailed,
  trackStarted,
  type EndReason,
} from './track-reports.ts';
import { setMessage } from './bookkeeping.ts';
import { emptySession, positionAt, type Change, type Session } from './session.ts';
import { enqueue, move, playlistLimit, queueLimit, remove } from './queueing.ts';
import { entered, interrupted, replay } from './voice-presence.ts';
import { pause, resume, setVolume, stop } from './controls.ts';
import { skip } from './playing.ts';

const guild = snowflake('1');
const channels = { voice: snowflake('2'), text: snowflake('3') };
let count = 0;
const entry = (over: Partial<Entry> = {}): Entry => {
  count += 1;
  return testEntry({ entryId: `ent_${count}`, title: `Song ${count}`, ...over });
};
const entries = (length: number) => Array.from({ length }, () => entry());

const playing = (queued = 3): Session => {
  const { session } = enqueue(emptySession(guild), entries(queued + 1), channels, 0);
  return trackStarted(session, session.attempt, 0, 0).session;
};

describe('a session', () => {
  test('starts the first that is added and queues the rest in order', () => {
    const added = entries(3);
    const change = enqueue(emptySession(guild), added, channels, 5);
    expect(change.session.current).toBe(added[0]);
    expect(change.session.queue).toEqual(added.slice(1));
    expect(change).toMatchObject({ effects: ['play'], cause: 'queue', session: { playback: 'requested' } });
  });

  test('takes at most 500 of a playlist and keeps at most 1,000 waiting', () => {
    const first = enqueue(emptySession(guild), entries(700), channels, 0);
    expect(first.added).toHaveLength(playlistLimit);
    let { session } = first;
    session = enqueue(session, entries(500), channels, 0).session;
    const last = enqueue(session, entries(500), channels, 0);
    expect(last.added).toHaveLength(1);
    expect(last.session.queue).toHaveLength(queueLimit);
    expect(enqueue(last.session, entries(1), channels, 0).added).toEqual([]);
  });

  test.each([
    { from: 0, to: 2, order: [1, 2, 0] },
    { from: 2, to: 0, order: [2, 0, 1] },
    { from: 0, to: 1, order: [1, 0, 2] },
    { from: 1, to: 900, order: [0, 2, 1] },
    { from: 1, to: 1, order: [0, 1, 2] },
  ])('moves what stands at $from to $to, and nothing else', ({ from, to, order }) => {
    const session = playing(3);
    const change = move(session, session.queue[from]?.entryId ?? '', to);
    expect(change?.session.queue).toEqual(order.map((index) => session.queue[index]));
    expect(change?.session.current).toBe(session.current);
    expect(change?.effects).toEqual([]);
  });

  test('removes what waits, and neither moves nor removes what plays or has left the queue', () => {
    const session = playing(2);
    const [first, second] = session.queue;
    const change = remove(session, first?.entryId ?? '');
    expect(change).toMatchObject({ cause: 'queue', effects: [], session: { queue: [second] } });
    for (const gone of [session.current?.entryId ?? '', 'ent_of_another']) {
      expect(move(session, gone, 0)).toBeUndefined();
      expect(remove(session, gone)).toBeUndefined();
    }
  });

  test.each<[EndReason, boolean]>([
    ['finished', true],
    ['loadFailed', true],
    ['stopped', false],
    ['replaced', false],
    ['cleanup', false],
  ])('after a track that ended as %s starts another: %s', (reason, starts) => {
    const session = playing();
    const change = trackEnded(session, session.attempt, reason, 10);
    expect(change.effects.includes('play')).toBe(starts);
  });

  test('plays a track that failed once more, then passes it over', () => {
    const session = playing();
    const again = trackFailed(session, session.attempt, 'no stream', 10);
    expect(again).toMatchObject({ effects: ['play'], cause: 'failure', session: { current: { failures: 1 } } });
    const over = trackFailed(again.session, again.session.attempt, 'no stream', 20);
    expect(over.session.current).toBe(session.queue[0]);
    expect(over.detail).toContain('was skipped: no stream');
  });

  /** As if each try failed, and what waits were tried again. */
  const failing = (session: Session, times: number): Change[] => {
    const changes: Change[] = [];
    for (let now = session; changes.length < times; now = changes.at(-1)?.session ?? now) {
      const tried = now.playback === 'waiting' ? replay(now, 20).session : now;
      changes.push(trackFailed(tried, tried.attempt, 'no stream', 10));
    }
    return changes;
  };

  test('waits before each further track after five failures in a row, and names those that were skipped', () => {
    const before = playing(20);
    const [first, second, third] = [before.current, ...before.queue].map((each) => each?.title);
    const changes = failing(before, 7);
    // Two tracks had their two attempts.
    expect(changes[3]?.detail).toBe(`Skipped “${first}”, “${second}”. The last: no stream.`);
    expect(changes[3]).toMatchObject({ effects: ['play'], session: { playback: 'requested' } });
    expect(changes[promptFailures - 1]?.detail).toBe(
      `Skipped “${first}”, “${second}”, “${third}”. The last: no stream.`,
    );
    for (const waiting of changes.slice(promptFailures - 1))
      expect(waiting).toMatchObject({ effects: ['silence'], cause: 'failure', session: { playback: 'waiting' } });
    // From then on each has one.
    expect(changes[6]?.detail).toBe(
      `5 tracks in a row were skipped. The last was “${before.queue[3]?.title}”: no stream.`,
    );
    const again = replay(changes[6]?.session ?? before, 30);
    expect(again).toMatchObject({ effects: ['play'], session: { current: { title: before.queue[4]?.title } } });
    const heard = trackEnded(again.session, again.session.attempt, 'finished', 40).session;
    expect(heard).toMatchObject({ failureRun: 0, skippedRun: [], skippedCount: 0, playback: 'requested' });
  });

  test('stops after fifty failures in a row, says why, and keeps the queue', () => {
    const changes = failing(playing(80), failureRunLimit);
    const last = changes.at(-1);
    expect(last?.session).toMatchObject({ current: null, failureRun: 0, skippedCount: 0 });
    expect(last?.detail).toContain('50 failures in a row. The last was “');
    expect(last?.session.reason?.text).toBe(last?.detail);
    // What is remembered of them is bounded.
    expect(Math.max(...changes.map(({ session }) => session.skippedRun.length))).toBe(4);
    expect(Math.max(...changes.map(({ detail = '' }) => detail.length))).toBeLessThan(200);
    // 47 tracks were skipped; the last one has an attempt left and is the first to be tried again.
    expect(last?.session.queue).toHaveLength(81 - 47);
    expect(last?.session.queue[0]).toMatchObject({ failures: 1 });
    const resumed = resume(last?.session ?? emptySession(guild), 20);
    expect(resumed).toMatchObject({ effects: ['play'], session: { reason: null, current: { failures: 1 } } });
  });

  test('says why it is as it is until what it says is over', () => {
    const session = playing(2);
    const [first] = [session.current?.title];
    const again = trackFailed(session, session.attempt, 'no stream', 10).session;
    expect(again.reason?.text).toBe(`“${first}” stopped: no stream. Trying once more.`);
    expect(trackStarted(again, again.attempt, 0, 20).session.reason).toBeNull();
    const next = trackFailed(again, again.attempt, 'no stream', 20).session;
    const heard = trackStarted(next, next.attempt, 0, 30).session;
    expect(heard.reason?.text).toBe(`“${first}” was skipped: no stream.`);
    expect(skip(heard, 40).session.reason).toBeNull();
    const waiting = interrupted(session, 50, 'node').session;
    expect(waiting.reason?.text).toContain('music server is unavailable');
    expect(adopted(waiting, waiting.attempt, 50, 60).session.reason).toBeNull();
  });

  test('forgets a run of failures once a track ended well', () => {
    const failed = trackFailed(playing(10), playing(10).attempt, 'x', 1).session;
    const { session } = trackEnded(failed, failed.attempt, 'finished', 2);
    expect(failed.failureRun).toBe(1);
    expect(session.failureRun).toBe(0);
  });

  test('pays no heed to what a node says of an earlier order', () => {
    const before = playing();
    const session = skip(before, 10).session;
    for (const late of [
      trackStarted(session, before.attempt, 0, 20),
      trackEnded(session, before.attempt, 'finished', 20),
      trackEnded(session, before.attempt, 'loadFailed', 20),
      trackFailed(session, before.attempt, 'stuck', 20),
    ]) {
      expect(late).toEqual({ events: [], session, effects: [] });
    }
  });

  test('advances only while it plays, and never past the end', () => {
    const session = playing();
    expect(positionAt(session, 30_000)).toBe(30_000);
    expect(positionAt(session, 1_000_000)).toBe(100_000);
    const paused = pause(session, 30_000).session;
    expect(positionAt(paused, 90_000)).toBe(30_000);
    expect(positionAt(resume(paused, 90_000).session, 95_000)).toBe(35_000);
    const waiting = interrupted(session, 30_000, 'node').session;
    expect(positionAt(waiting, 90_000)).toBe(30_000);
    expect(replay(waiting, 90_000).session).toMatchObject({ positionMs: 30_000, playback: 'requested' });
  });

  test('goes on with the next when the track was over by the time it can be played again', () => {
    const session = playing();
    const change = replay(session, 100_001);
    expect(change.session.current).toBe(session.queue[0]);
    expect(change.session.positionMs).toBe(0);
  });

  test('plays a live stream again from now', () => {
    const { session } = enqueue(emptySession(guild), [entry({ isStream: true, lengthMs: null })], channels, 0);
    const live = trackStarted(session, session.attempt, 0, 0).session;
    expect(replay(interrupted(live, 60_000, 'node').session, 90_000).session).toMatchObject({
      positionMs: 0,
      current: live.current,
    });
  });

  test.each([
    ['pausing', (session: Session) => pause(pause(session, 1).session, 2)],
    ['resuming', (session: Session) => resume(session, 1)],
    ['the same volume', (session: Session) => setVolume(session, session.volume)],
    ['the same message', (session: Session) => setMessage(session, session.message)],
    ['being moved to where it is', (session: Session) => entered(session, channels.voice)],
  ])('is not changed by %s twice', (_name, twice) => {
    expect(twice(playing())).toMatchObject({ effects: [] });
    expect(twice(playing()).cause).toBeUndefined();
  });

  test('forgets the queue and the channel when it is stopped, and nothing else', () => {
    const session = setVolume(playing(), 30).session;
    const change = stop(session, 10, because('disconnected'));
    expect(change).toMatchObject({
      effects: ['leave'],
      cause: 'stop',
      detail: 'The bot was disconnected from the voice channel.',
    });
    expect(change.session).toMatchObject({
      current: null,
      queue: [],
      voiceChannel: null,
      volume: 30,
      textChannel: channels.text,
    });
  });
});

/** Whatever happens, in whatever order. */
type Step = (session: Session, nowMs: number) => Change;
const attempts = fc.constantFrom(0, 0, 0, 1, 2);
const reasons = fc.constantFrom<EndReason>('finished', 'loadFailed', 'stopped', 'replaced', 'cleanup');
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.integer({ min: 0, max: 600 }).map(
    (length): Step =>
      (session, nowMs) =>
        enqueue(session, entries(length), channels, nowMs),
  ),
  attempts.map(
    (late): Step =>
      (session, nowMs) =>
        trackStarted(session, session.attempt - late, 0, nowMs),
  ),
  fc.tuple(attempts, reasons).map(
    ([late, reason]): Step =>
      (session, nowMs) =>
        trackEnded(session, session.attempt - late, reason, nowMs),
  ),
  attempts.map(
    (late): Step =>
      (session, nowMs) =>
        trackFailed(session, session.attempt - late, 'x', nowMs),
  ),
  fc.constantFrom<Step>(skip, pause, resume, stop, replay, (session, nowMs) => interrupted(session, nowMs, 'node')),
  fc.integer({ min: -50, max: 900 }).map(
    (percent): Step =>
      (session) =>
        setVolume(session, percent),
  ),
  fc.integer({ min: 0, max: 200_000 }).map(
    (positionMs): Step =>
      (session, nowMs) =>
        adopted(session, session.attempt, positionMs, nowMs),
  ),
);

describe('whatever happens to a session', () => {
  const story = fc.array(fc.tuple(steps, fc.integer({ min: 0, max: 120_000 })), { maxLength: 40 });
  const tell = (parts: [Step, number][], look: (before: Session, change: Change, nowMs: number) => void) => {
    let session = emptySession(guild);
    let nowMs = 0;
    for (const [step, passedMs] of parts) {
      nowMs += passedMs;
      const change = step(session, nowMs);
      look(session, change, nowMs);
      session = change.session;
    }
  };

  test('it stays within its bounds, and its position within the track', () => {
    fc.assert(
      fc.property(story, (parts) => {
        tell(parts, (_before, { session }, nowMs) => {
          expect(session.queue.length).toBeLessThanOrEqual(queueLimit);
          expect(session.volume).toBeGreaterThanOrEqual(0);
          expect(session.volume).toBeLessThanOrEqual(150);
          expect(session.failureRun).toBeLessThan(failureRunLimit);
          const positionMs = positionAt(session, nowMs);
          expect(positionMs).toBeGreaterThanOrEqual(0);
          expect(positionMs).toBeLessThanOrEqual(session.current?.lengthMs ?? 0);
        });
      }),
      { numRuns: 150 },
    );
  });

  test('every order to play is a new one, and only an order is numbered as one', () => {
    fc.assert(
      fc.property(story, (parts) => {
        tell(parts, (before, { session, effects }) => {
          expect(session.attempt).toBeGreaterThanOrEqual(before.attempt);
          if (!effects.includes('play')) return;
          expect(session.attempt).toBeGreaterThan(before.attempt);
          expect(session).toMatchObject({ playback: 'requested', current: { entryId: expect.any(String) } });
        });
      }),
      { numRuns: 150 },
    );
  });

  test('no entry is ever there twice, and none comes out of nowhere', () => {
    fc.assert(
      fc.property(story, (parts) => {
        tell(parts, (before, change) => {
          const { session } = change;
          const ids = [session.current, ...session.queue].flatMap((one) => one?.entryId ?? []);
          expect(new Set(ids).size).toBe(ids.length);
          const known = new Set([before.current, ...before.queue].map((one) => one?.entryId));
          const added = 'added' in change ? (change.added as readonly Entry[]).map(({ entryId }) => entryId) : [];
          expect(ids.filter((id) => !known.has(id) && !added.includes(id))).toEqual([]);
        });
      }),
      { numRuns: 150 },
    );
  });

  test('a change that nobody hears of and that does nothing has changed nothing that members see', () => {
    fc.assert(
      fc.property(story, (parts) => {
        tell(parts, (before, { session, effects, cause }) => {
          if (cause !== undefined || effects.length > 0) return;
          expect(session.queue).toEqual(before.queue);
          expect(session.current).toEqual(before.current);
          expect(session.paused).toBe(before.paused);
          expect(session.volume).toBe(before.volume);
        });
      }),
      { numRuns: 150 },
    );
  });
});
