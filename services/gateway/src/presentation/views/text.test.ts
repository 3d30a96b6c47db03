import { expect, test } from 'vitest';
import { cut, cutMarkdown, graphemes, lengthOf, oneLine, plain } from './text.ts';

const family = '👨‍👩‍👧‍👦';
const england = '🏴󠁧󠁢󠁥󠁮󠁧󠁿';
const flag = '🏳️‍🌈';
const persian = 'می‌خواهم';
const hindi = 'क्‍ष';

test.each([family, england, flag, persian, hindi, '👍🏽', 'é̂', '葛󠄀'])('keeps %s whole', (text) => {
  expect(oneLine(text, 'x')).toBe(text);
  expect(plain(`a ${text} b`)).toBe(`a ${text} b`);
});

test.each([
  ['zero-width characters', '\u200B\u200C\u200D\u2060\uFEFF'],
  ['fillers and blanks', '\u3164\u115F\u2800\u00AD'],
  ['marks without a letter', '\u0301\uFE0F'],
  ['direction marks', '\u202E\u200F\u061C'],
  ['nothing', '   '],
])('has another name for a title of %s', (_name, title) => {
  expect(plain(title)).toBe('Untitled');
});

test('takes what reorders or hides text out of it', () => {
  expect(plain('abc\u202Efed\u2066 x\u200By\nz')).toBe('abcfed xy z');
});

test('bounds the marks on one letter', () => {
  expect(oneLine(`Z${'\u0301'.repeat(500)}algo`, 'x')).toBe(`Z${'\u0301'.repeat(8)}algo`);
});

test('cuts between characters as people see them', () => {
  expect(cut(`${family}${family}`, family.length + 3)).toBe(`${family}…`);
  expect(cut('abc', 3)).toBe('abc');
  expect(cut('abcd', 3)).toBe('ab…');
});

test('never cuts a link, an escape, a mention or bold in two', () => {
  const link = '[a song](https://music.test/1)';
  expect(cutMarkdown(`${link} ${link}`, link.length + 10)).toBe(`${link}…`);
  expect(cutMarkdown(String.raw`ab\*cdef`, 6)).toBe('ab…');
  expect(cutMarkdown('for <@123456789012345678> more', 20)).toBe('for…');
  expect(cutMarkdown(`**${'x'.repeat(50)}** y`, 30)).toBe(`**${'x'.repeat(25)}…**`);
});

test('leaves nothing of markdown and mentions', () => {
  expect(plain('**[x](https://evil.test)** <@1> @everyone')).toBe(
    String.raw`\*\*\[x\]\(https:/` +
      '\u200B' +
      String.raw`/evil.test\)\*\* <` +
      '\u200B@\u200B1' +
      String.raw`\> @` +
      '\u200Beveryone',
  );
  expect(graphemes(plain('*'.repeat(500), 80))).toHaveLength(159);
});

test('says how long a track is, also where no number does', () => {
  expect(lengthOf({ isStream: false, lengthMs: 185_000 })).toBe('3:05');
  expect(lengthOf({ isStream: true, lengthMs: null })).toBe('LIVE');
  expect(lengthOf({ isStream: false, lengthMs: null })).toBe('unknown length');
});
