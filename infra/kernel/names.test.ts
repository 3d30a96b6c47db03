import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nameCases } from '#test/security/corpora.ts';
import { displayName, readableName } from './names.ts';

test.each(nameCases)('takes or refuses, and shows safely: $name', ({ text, chosen, shown }) => {
  expect(readableName(text)).toEqual(chosen === null ? { fault: expect.any(String) } : { name: chosen });
  expect(displayName(text)).toBe(shown);
});

test('shows something else for a name of which nothing can be seen', () => {
  expect(displayName('\u200B', { otherwise: 'Unnamed' })).toBe('Unnamed');
});

test('counts characters, not bytes or UTF-16 units', () => {
  expect(readableName('🎵'.repeat(81))).toEqual({ fault: 'must have at most 80 characters' });
  expect([...displayName('🎵'.repeat(99), { maxCharacters: 10 })]).toEqual([...'🎵'.repeat(9), '…']);
});

test('clips between characters as people see them', () => {
  const clipped = (text: string, maxCharacters: number) => displayName(text, { maxCharacters });
  expect(clipped('👨\u200D👩\u200D👧 and 👨\u200D👩\u200D👧', 12)).toBe('👨\u200D👩\u200D👧 and…');
  expect(clipped('🇩🇪🇫🇷🇪🇸', 4)).toBe('🇩🇪…');
  expect(clipped('می\u200Cخواهم', 4)).toBe('می…');
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
