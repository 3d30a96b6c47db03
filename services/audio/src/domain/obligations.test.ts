import { expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import { testEntry } from '../../testing/test-entry.ts';
import { playable, withinQuota } from './obligations.ts';
import { emptySession } from './session.ts';

const ada = snowflake('1');
const entry = (source: string, lengthMs: number | null) =>
  testEntry({ entryId: `${source} ${lengthMs}`, lengthMs, isStream: lengthMs === null, source, requestedBy: ada });
const found = [entry('youtube', 1_000), entry('soundcloud', 60_000), entry('soundcloud', 60_001)];

test('keeps what the sources and the longest track allow, in its order', () => {
  expect(playable(found)).toEqual({ entries: found, leftOut: [] });
  const [source, tooLong] = [{ reason: 'source', count: 1 } as const, { reason: 'too-long', count: 1 } as const];
  expect(playable(found, { sources: ['soundcloud'] })).toEqual({ entries: found.slice(1), leftOut: [source] });
  expect(playable(found, { maxTrackLengthMs: 60_000 })).toEqual({ entries: found.slice(0, 2), leftOut: [tooLong] });
  expect(playable(found, { sources: ['soundcloud'], maxTrackLengthMs: 60_000 })).toEqual({
    entries: [found[1]],
    leftOut: [source, tooLong],
  });
  expect(playable([], { sources: ['soundcloud'], maxTrackLengthMs: 1 })).toEqual({ entries: [], leftOut: [] });
});

test('says which of them it was when nothing is left', () => {
  expect(() => playable(found, { sources: ['http'] })).toThrow('does not play music from youtube, only from http');
  expect(() => playable(found, { maxTrackLengthMs: 999 })).toThrow('at most 1 second');
  expect(() => playable([entry('http', null)], { maxTrackLengthMs: 600_000 })).toThrow('at most 10 minutes');
});

test('lets a member fill their quota and no more, whatever others have waiting', () => {
  const session = emptySession(snowflake('9'));
  const others = Array.from({ length: 5 }, () => ({ ...entry('youtube', 1), requestedBy: snowflake('2') }));
  const playing = { ...session, current: entry('youtube', 1), queue: [...others, entry('youtube', 2)] };
  const quota = { maxQueuedPerMember: 3 };
  const all = { entries: found, leftOut: [] };
  const two = { entries: found.slice(0, 2), leftOut: [{ reason: 'quota', count: 1 }] };
  expect(withinQuota(playing, found, ada, quota)).toEqual(two);
  expect(withinQuota(playing, found, ada)).toEqual(all);
  expect(withinQuota(playing, found, null, quota)).toEqual(all);
  const full = { ...playing, queue: [...playing.queue, ...found] };
  expect(() => withinQuota(full, found, ada, quota)).toThrow('You already have 3 in the queue');
  expect(withinQuota(full, found, snowflake('7'), quota)).toEqual(all);
});

test('does not count the track that leaves an empty queue at once', () => {
  const { entries } = withinQuota(emptySession(snowflake('9')), found, ada, { maxQueuedPerMember: 1 });
  expect(entries).toEqual(found.slice(0, 2));
});
