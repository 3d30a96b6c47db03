import { expect, test } from 'vitest';
import { nameCases, titleCases } from '#test/security/corpora.ts';
import { wordsIn } from '../language/words.ts';
import { cut, cutMarkdown, lengthOf, plain } from './text.ts';

const family = '👨‍👩‍👧‍👦';

test.each(titleCases)('shows in Discord as it is: $name', ({ stored, inDiscord }) => {
  expect(plain(stored, 80, 'Untitled')).toBe(inDiscord);
});

test.each(nameCases)('shows of a title that is a name what is shown of a name: $name', ({ text, shown }) => {
  expect(plain(text, 200, 'Untitled')).toBe(plain(shown, 200, 'Untitled'));
  if (shown === '') expect(plain(text, 80, 'Untitled')).toBe('Untitled');
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

test('says how long a track is, also where no number does', () => {
  const words = wordsIn('en');
  expect(lengthOf(words, { isStream: false, lengthMs: 185_000 })).toBe('3:05');
  expect(lengthOf(words, { isStream: true, lengthMs: null })).toBe('LIVE');
  expect(lengthOf(words, { isStream: false, lengthMs: null })).toBe('unknown length');
});
