import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanText, cleanUrl } from './entry.ts';

test('a title loses what would break lines, ring bells or turn the text around', () => {
  expect(cleanText('One\r\n\tTwo\u0007 \u202eevil\u2066 \u{1f468}\u200d\u{1f469}')).toBe(
    'One Two evil \u{1f468}\u200d\u{1f469}',
  );
  expect(cleanText('a\ud800b')).toBe('ab');
  expect(cleanText('One \u0000 Two')).toBe('One Two');
});

test('a title is clipped by characters, never inside one', () => {
  expect(cleanText('\u{1f3b5}'.repeat(300), 10)).toBe(`${'\u{1f3b5}'.repeat(9)}…`);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.integer({ min: 1, max: 100 }), (text, limit) => {
      const clean = cleanText(text, limit);
      expect([...clean].length).toBeLessThanOrEqual(limit);
      expect(clean).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      expect(clean.isWellFormed()).toBe(true);
      expect(cleanText(clean, limit)).toBe(clean);
    }),
  );
});

test('only addresses that may be shown as links are kept', () => {
  expect(cleanUrl('https://youtu.be/x?t=1')).toBe('https://youtu.be/x?t=1');
  for (const text of [
    'javascript:alert(1)',
    'data:text/html,x',
    'https://a:b@c.de/',
    'x',
    '',
    null,
    `https://a.de/${'x'.repeat(2_000)}`,
  ]) {
    expect(cleanUrl(text)).toBeNull();
  }
});
