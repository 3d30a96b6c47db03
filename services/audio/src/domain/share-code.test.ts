import { expect, test } from 'vitest';
import { enteredCode, newShareCode, shownCode } from './share-code.ts';

test('a code is read again as members write it', () => {
  const code = newShareCode();
  expect(shownCode(code)).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}$/);
  for (const typed of [code, shownCode(code), ` ${shownCode(code).replaceAll('-', ' ').toLowerCase()} `])
    expect(enteredCode(typed)).toBe(code);
});

test('letters that are mistaken for digits count as these', () => {
  expect(enteredCode('OIL00-00000-00000-00000')).toBe('01100000000000000000');
});

test('nothing else is a code', () => {
  for (const typed of ['', '0'.repeat(19), '0'.repeat(21), 'u'.repeat(20), '🎵'.repeat(10)])
    expect(enteredCode(typed)).toBeUndefined();
});

test('codes differ, in every place', () => {
  const codes = Array.from({ length: 200 }, newShareCode);
  expect(new Set(codes).size).toBe(codes.length);
  for (let place = 0; place < 20; place += 1)
    expect(new Set(codes.map((code) => code[place])).size).toBeGreaterThan(16);
});
