import { expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import type { Entry } from './entry.ts';
import { playable, withinQuota } from './obligations.ts';
import { emptySession } from './session.ts';

const ada = snowflake('1');
const entry = (source: string, lengthMs: number, isStream = false): Entry => ({
  entryId: `${source} ${lengthMs}`,
  encoded: '',
  title: '',
  author: '',
  uri: null,
  artworkUrl: null,
  lengthMs,
  isStream,
  source,
  requestedBy: ada,
  failures: 0,
});
const found = [entry('youtube', 1_000), entry('soundcloud', 60_000), entry('soundcloud', 60_001)];

test('keeps what the sources and the longest track allow, in its order', () => {
  expect(playable(found)).toEqual(found);
  expect(playable(found, { sources: ['soundcloud'] })).toEqual(found.slice(1));
  expect(playable(found, { maxTrackLengthMs: 60_000 })).toEqual(found.slice(0, 2));
  expect(playable(found, { sources: ['soundcloud'], maxTrackLengthMs: 60_000 })).toEqual([found[1]]);
  expect(playable([], { sources: ['soundcloud'], maxTrackLengthMs: 1 })).toEqual([]);
});

test('says which of them it was when nothing is left', () => {
  expect(() => playable(found, { sources: ['http'] })).toThrow('does not play music from youtube, only from http');
  expect(() => playable(found, { maxTrackLengthMs: 999 })).toThrow('at most 1 second long');
  expect(() => playable([entry('http', 0, true)], { maxTrackLengthMs: 600_000 })).toThrow('at most 10 minutes long');
});

test('lets a member fill their quota and no more, whatever others have waiting', () => {
  const session = emptySession(snowflake('9'));
  const others = Array.from({ length: 5 }, () => ({ ...entry('youtube', 1), requestedBy: snowflake('2') }));
  const playing = { ...session, current: entry('youtube', 1), queue: [...others, entry('youtube', 2)] };
  const quota = { maxQueuedPerMember: 3 };
  expect(withinQuota(playing, found, ada, quota)).toEqual(found.slice(0, 2));
  expect(withinQuota(playing, found, ada)).toEqual(found);
  expect(withinQuota(playing, found, null, quota)).toEqual(found);
  const full = { ...playing, queue: [...playing.queue, ...found] };
  expect(() => withinQuota(full, found, ada, quota)).toThrow('You have 3 in the queue already');
  expect(withinQuota(full, found, snowflake('7'), quota)).toEqual(found);
});

test('does not count the track that leaves an empty queue at once', () => {
  expect(withinQuota(emptySession(snowflake('9')), found, ada, { maxQueuedPerMember: 1 })).toEqual(found.slice(0, 2));
});
