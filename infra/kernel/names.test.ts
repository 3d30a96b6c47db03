import fc from 'fast-check';
import { expect, test } from 'vitest';
import { displayName, readableName } from './names.ts';

/** Names that people have: each stays as it is, here and elsewhere. */
const good = [
  'Harmony Records',
  'Ünïcôdé',
  'می\u200Cخواهم', // Persian: a non-joiner between letters
  'क्\u200Dष', // Devanagari: a joiner after a virama
  'שלום עולם',
  '👩\u200D👩\u200D👧 family',
  '🏳\uFE0F\u200D🌈',
  '🧑🏻\u200D❤\uFE0F\u200D💋\u200D🧑🏼',
  '🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}',
  '1\uFE0F\u20E3',
  '葛\u{E0100}城',
  'Tiếng Việt',
];
test.each(good)('keeps %j', (name) => {
  expect(readableName(name)).toEqual({ name });
  expect(displayName(name)).toBe(name);
});

test.each([
  ['empty', '', ''],
  ['spaces alone', ' \u3000 ', ''],
  ['zero-width characters alone', '\u200B\u200D\u2060', ''],
  ['a Hangul filler', '\u3164', ''],
  ['a blank Braille pattern', '\u2800', ''],
  ['an accent without a letter', '\u0301', ''],
  ['a right-to-left mark', 'Ad\u200Fmin', 'Admin'],
  ['an Arabic letter mark', 'Ad\u061Cmin', 'Admin'],
  ['an override', 'evil\u202Egnp.exe', 'evilgnp.exe'],
  ['an isolate', 'a\u2067b\u2069c', 'abc'],
  ['a line break', 'two\nlines', 'two lines'],
  ['a line separator', 'two\u2028lines', 'two lines'],
  ['a terminal escape', 'a\u001B[2Jb', 'a [2Jb'],
  ['a lone surrogate', 'a\uD800b', 'ab'],
  ['a non-joiner between Latin letters', 'Ad\u200Cmin', 'Admin'],
  ['a soft hyphen', 'Ad\u00ADmin', 'Admin'],
  ['a variation selector on a letter', 'A\uFE0Fdmin', 'Admin'],
  ['tags without a flag', 'Admin\u{E0061}\u{E0062}', 'Admin'],
  ['a joiner at the end', '👩\u200D', '👩'],
  ['stacked accents', `Z${'\u0301'.repeat(40)}o`, undefined],
])('refuses %s, and makes it safe to show where it is the name of somebody else', (_what, text, shown) => {
  expect(readableName(text)).toHaveProperty('fault');
  if (shown !== undefined) expect(displayName(text)).toBe(shown);
  else expect(displayName(text).length).toBeLessThan(12);
});

test('shows something else for a name of which nothing can be seen', () => {
  expect(displayName('\u200B', { otherwise: 'Unnamed' })).toBe('Unnamed');
});

test('normalizes, trims, and makes one space of several', () => {
  expect(readableName('  Cafe\u0301 \u00A0 Royal ')).toEqual({ name: 'Café Royal' });
});

test('counts characters, not bytes or UTF-16 units', () => {
  expect(readableName('🎵'.repeat(80))).toEqual({ name: '🎵'.repeat(80) });
  expect(readableName('🎵'.repeat(81))).toEqual({ fault: 'must have at most 80 characters' });
  expect([...displayName('🎵'.repeat(99), { maxCharacters: 10 })]).toEqual([...'🎵'.repeat(9), '…']);
});

test('what is shown is what could have been chosen, and showing it again changes nothing', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom(...'a é ب ی क ् 👩 🏻 ❤ ️ ‍ ‌ ​ ‎ ‮ ⁦ ㅤ ⠀ ́ 1 ⃣ 🏴 󠁧 󠁿 \n'.split(' '))).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(hostile, (text) => {
      const shown = displayName(text, { maxCharacters: 80 });
      expect(displayName(shown, { maxCharacters: 80 })).toBe(shown);
      const isPrivate = /[\p{Co}]/u.test(shown);
      if (shown !== '' && !isPrivate) expect(readableName(shown)).toEqual({ name: shown });
    }),
    { numRuns: 300 },
  );
});
