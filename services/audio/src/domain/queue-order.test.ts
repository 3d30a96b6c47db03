import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import { testEntry } from '../../testing/test-entry.ts';
import type { Entry } from './entry.ts';
import { clear, moveAt, previous, removeSelected, setLoop, shuffle, skipTo, swap, unshuffle } from './queue-order.ts';
import { emptySession, type Session } from './session.ts';
import { enqueue } from './queueing.ts';
import { historyLimit } from './evolve.ts';
import { skip } from './playing.ts';
import { stop } from './controls.ts';
import { trackEnded, trackFailed } from './track-reports.ts';

const [max, dana] = [snowflake('100000000000000001'), snowflake('100000000000000002')];
const entry = (title: string, over: Partial<Entry> = {}) =>
  testEntry({
    entryId: `ent_${title}`,
    encoded: title,
    title,
    uri: `https://music.test/${title}`,
    requestedBy: max,
    ...over,
  });
const channels = { voice: snowflake('2'), text: snowflake('3') };
const playing = (...titles: readonly string[]): Session =>
  enqueue(
    emptySession(snowflake('1')),
    titles.map((title) => entry(title)),
    channels,
    0,
  ).session;
const names = ({ current, queue }: Session): string => [current, ...queue].map((one) => one?.title ?? '-').join(' ');
const past = ({ history }: Session): string => history.map(({ title }) => title).join(' ');
const finished = (session: Session): Session => trackEnded(session, session.attempt, 'finished', 10).session;
const codeOf = (act: () => unknown): string | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('the history', () => {
  test('has what was played or skipped, newest first, and not what failed', () => {
    let session = skip(finished(playing('a', 'b', 'c', 'd')), 20).session;
    session = trackFailed(session, session.attempt, 'broken', 30).session;
    expect([names(session), past(session)]).toEqual(['c d', 'b a']);
    session = trackFailed(session, session.attempt, 'broken', 40).session;
    expect([names(session), past(session)]).toEqual(['d', 'b a']);
  });

  test('forgets the oldest, and everything when the music is stopped', () => {
    let session = playing(...Array.from({ length: historyLimit + 5 }, (_, index) => `t${index}`));
    for (let played = 0; played < historyLimit + 3; played += 1) session = finished(session);
    expect(session.history).toHaveLength(historyLimit);
    expect(session.history.at(-1)?.title).toBe('t3');
    expect(stop(session, 99).session).toMatchObject({ history: [], loop: 'off', unshuffled: null });
  });

  test('is gone back through one by one, with the current track after that', () => {
    const session = finished(finished(playing('a', 'b', 'c')));
    const once = previous(session, 20);
    expect([names(once.session), past(once.session), once.effects]).toEqual(['b c', 'a', ['play']]);
    const twice = previous(once.session, 30).session;
    expect([names(twice), past(twice)]).toEqual(['a b c', '']);
    expect(codeOf(() => previous(twice, 40))).toBe('player.no-history');
  });

  test('leads back also when the music is over, as long as the bot is in voice', () => {
    const over = finished(playing('a'));
    expect(over.current).toBeNull();
    expect(names(previous(over, 20).session)).toBe('a');
    expect(codeOf(() => previous({ ...over, voiceChannel: null }, 20))).toBe('player.no-history');
  });
});

describe('a loop', () => {
  test('of the track starts it again at its end; skip leaves it, and the next one repeats', () => {
    const session = setLoop(playing('a', 'b'), 'track').session;
    const again = trackEnded(session, session.attempt, 'finished', 10);
    expect([names(again.session), again.effects, again.session.positionMs]).toEqual(['a b', ['play'], 0]);
    expect(again.session.attempt).toBeGreaterThan(session.attempt);
    const skipped = skip(again.session, 20).session;
    expect([names(skipped), skipped.loop, names(finished(skipped))]).toEqual(['b', 'track', 'b']);
    expect(names(skip(skipped, 30).session)).toBe('-');
  });

  test('of the queue puts a track at the end, whether it ended or was skipped; a single one repeats', () => {
    const session = setLoop(playing('a', 'b', 'c'), 'queue').session;
    expect(names(finished(session))).toBe('b c a');
    expect(names(skip(finished(session), 20).session)).toBe('c a b');
    expect(names(finished(setLoop(playing('a'), 'queue').session))).toBe('a');
  });

  test('of the queue goes back without playing a track twice', () => {
    const session = finished(setLoop(playing('a', 'b', 'c'), 'queue').session);
    expect(names(previous(session, 20).session)).toBe('a b c');
    const single = finished(setLoop(playing('a'), 'queue').session);
    expect(names(previous(single, 20).session)).toBe('a');
  });

  test('does not repeat what is shorter than a second', () => {
    const tick = enqueue(emptySession(snowflake('1')), [entry('tick', { lengthMs: 900 })], channels, 0).session;
    for (const loop of ['track', 'queue'] as const) expect(names(finished(setLoop(tick, loop).session))).toBe('-');
  });

  test('lets a track go that fails', () => {
    const session = setLoop(playing('a', 'b'), 'queue').session;
    const again = trackFailed(session, session.attempt, 'broken', 10).session;
    expect(names(trackFailed(again, again.attempt, 'broken', 20).session)).toBe('b');
  });
});

test('adds before all that waits, or plays at once and keeps the interrupted track in the history', () => {
  const session = playing('a', 'b', 'c');
  const more = [entry('x'), entry('y')];
  expect(names(enqueue(session, more, channels, 10, 'next').session)).toBe('a x y b c');
  const now = enqueue({ ...session, paused: true }, more, channels, 10, 'now');
  expect([names(now.session), past(now.session), now.session.paused]).toEqual(['x y b c', 'a', false]);
  expect(enqueue(session, [], channels, 10, 'now')).toMatchObject({ effects: [], added: [] });
});

test('skips to a position, passing over what is before it; under a loop of the queue that goes to its end', () => {
  const session = playing('a', 'b', 'c', 'd');
  const there = skipTo(session, 2, 10);
  expect([names(there.session), past(there.session), there.effects]).toEqual(['c d', 'a', ['play']]);
  expect(names(skipTo(setLoop(session, 'queue').session, 2, 10).session)).toBe('c d a b');
  expect(codeOf(() => skipTo(session, 4, 10))).toBe('player.no-such-position');
  expect(codeOf(() => skipTo(playing('a'), 1, 10))).toBe('player.queue-empty');
});

test('shuffles to a permutation of the queue, and restores the order before, with later additions at the end', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      (size, numbers) => {
        const titles = Array.from({ length: size }, (_, index) => `t${index}`);
        const session = playing('now', ...titles);
        const random = () => numbers.next().value as number;
        const once = shuffle(session, random).session;
        expect(once.queue.map(({ title }) => title).toSorted()).toEqual(titles.toSorted());
        const more = enqueue(shuffle(once, random).session, [entry('late')], channels, 5).session;
        expect(names(unshuffle(more).session)).toBe(['now', ...titles, 'late'].join(' '));
      },
    ),
  );
});

test('does not restore what was not shuffled, or was cleared since', () => {
  const session = playing('a', 'b', 'c');
  expect(codeOf(() => unshuffle(session))).toBe('player.not-shuffled');
  const cleared = clear(shuffle(session, () => 0).session);
  expect([names(cleared.session), cleared.affected.length]).toEqual(['a', 2]);
  const refilled = enqueue(cleared.session, [entry('d')], channels, 5).session;
  expect(codeOf(() => unshuffle(refilled))).toBe('player.not-shuffled');
  expect(codeOf(() => clear(cleared.session))).toBe('player.queue-empty');
});

test.each([
  [1, 3, 'a c d b'],
  [3, 1, 'a d b c'],
  [2, 900, 'a b d c'],
  [2, 2, 'a b c d'],
])('moves position %i to %i', (from, to, expected) => {
  expect(names(moveAt(playing('a', 'b', 'c', 'd'), from, to).session)).toBe(expected);
});

test('swaps two positions', () => {
  expect(names(swap(playing('a', 'b', 'c', 'd'), 1, 3).session)).toBe('a d c b');
  expect(codeOf(() => swap(playing('a', 'b'), 1, 2))).toBe('player.no-such-position');
});

describe('removes', () => {
  const mixed: Session = {
    ...playing('now'),
    queue: [
      entry('a'),
      entry('b', { requestedBy: dana }),
      entry('a2', { uri: 'https://music.test/a' }),
      entry('portal', { requestedBy: null }),
      entry('now2', { uri: 'https://music.test/now', requestedBy: dana }),
    ],
  };
  test.each([
    ['a position', { position: 2 }, 'now a a2 portal now2'],
    ['a range, in either direction', { position: 4, to: 2 }, 'now a now2'],
    ['a range up to the end', { position: 4, to: 900 }, 'now a b a2'],
    ["a member's tracks", { member: dana }, 'now a a2 portal'],
    ['repeated tracks, also of the current one', { which: 'duplicates' }, 'now a b portal'],
    ['tracks of absent members', { which: 'absent', isAbsent: (id: string) => id === dana }, 'now a a2 portal'],
  ] as const)('%s', (_name, selection, expected) => {
    expect(names(removeSelected(mixed, selection, undefined).session)).toBe(expected);
  });

  test("only the member's own tracks, if they may remove no others", () => {
    expect(names(removeSelected(mixed, { position: 1, to: 5 }, dana).session)).toBe('now a a2 portal');
    expect(codeOf(() => removeSelected(mixed, { position: 1 }, dana))).toBe('player.not-yours');
    expect(codeOf(() => removeSelected(mixed, { member: snowflake('100000000000000009') }, dana))).toBe(
      'player.none-removed',
    );
  });
});
