import { expect, test } from 'vitest';
import type { LyricsResponse } from '#services/contracts/player.ts';
import { wordsIn } from '../language/words.ts';
import { lyricsView } from './lyrics-view.ts';

const says = { title: (track: string) => `Lyrics · ${track}`, from: (provider: string) => `from ${provider}` };

const lyricsAt = (positionMs: number, timed = true): LyricsResponse => ({
  track: {
    entryId: 'x',
    title: 'Harbour *Lights*',
    author: 'Somebody',
    uri: null,
    artworkUrl: null,
    lengthMs: 300_000,
    isStream: false,
    source: 'youtube',
    requestedBy: null,
  },
  positionMs,
  provider: 'Sandbox',
  lines: Array.from({ length: 45 }, (_, at) => ({ atMs: timed ? 10_000 + at * 1_000 : null, text: `Line ${at + 1}.` })),
});

const shown = (positionMs: number, page?: number, timed?: boolean) =>
  lyricsView(wordsIn('en'), says, lyricsAt(positionMs, timed), page).embeds[0];

test('shows the page where the music is, with its line', () => {
  expect(shown(35_500)?.description).toMatch(/^Line 21\.\n[^]*\n\*\*Line 26\.\*\*\n[^]*Line 40\.$/);
  expect(shown(35_500)?.footer?.text).toBe('Page 2 of 3 · from Sandbox');
});

test('before the first line, no line stands out', () => {
  expect(shown(9_999)?.description).toMatch(/^Line 1\.\n/);
  expect(shown(9_999)?.description).not.toContain('**');
});

test('shows the page that is asked for, or the last', () => {
  expect(shown(35_500, 1)?.description).toMatch(/^Line 1\./);
  expect(shown(35_500, 50)?.description).toMatch(/Line 45\.$/);
});

test('without times, begins at the beginning', () => {
  expect(shown(35_500, undefined, false)?.description).toMatch(/^Line 1\.\n/);
  expect(shown(35_500, undefined, false)?.description).not.toContain('**');
});

test('shows titles and lines from outside as they are', () => {
  const lyrics = { ...lyricsAt(0), lines: [{ atMs: null, text: '@everyone **[x](https://evil.test)**' }] };
  const [embed] = lyricsView(wordsIn('en'), says, lyrics).embeds;
  expect(embed?.title).toBe(String.raw`Lyrics · Harbour \*Lights\*`);
  expect(embed?.description).not.toMatch(/@everyone|\]\(https/);
});
