import { expect, test } from 'vitest';
import { lyricsFrom } from './lyrics.ts';

const line = (timestamp: unknown, words: unknown) => ({ timestamp, duration: null, line: words, plugin: {} });

test('reads timed lines in the order of their times, and leaves out those without one', () => {
  const answer = {
    sourceName: 'spotify',
    provider: 'MusixMatch',
    text: null,
    lines: [line(9, 'b'), line(1, 'a'), line('x', 'c'), line(-1, 'd'), 7],
  };
  expect(lyricsFrom(answer)).toEqual({
    provider: 'MusixMatch',
    lines: [
      { atMs: 1, text: 'a' },
      { atMs: 9, text: 'b' },
    ],
  });
});

test('reads a text without times, with its empty lines', () => {
  expect(lyricsFrom({ sourceName: 'deezer', text: 'a\r\n\nb', lines: [] })).toEqual({
    provider: 'deezer',
    lines: [
      { atMs: null, text: 'a' },
      { atMs: null, text: '' },
      { atMs: null, text: 'b' },
    ],
  });
});

test('is bounded in lines and characters', () => {
  const long = lyricsFrom({ text: null, lines: Array.from({ length: 5_000 }, (_, at) => line(at, 'x'.repeat(5_000))) });
  expect(long?.lines).toHaveLength(1_000);
  expect(Math.max(...(long?.lines ?? []).map(({ text }) => text.length))).toBeLessThanOrEqual(200);
  const text = lyricsFrom({ text: 'x\n'.repeat(1_000_000) });
  expect(text?.lines.length).toBeLessThanOrEqual(1_000);
});

test.each([undefined, null, [], 'lyrics', {}, { lines: [], text: '' }, { lines: [line(1, '')], text: 'x' }])(
  'finds nothing to read in %j',
  (answer) => {
    expect(lyricsFrom(answer)).toBeUndefined();
  },
);
