import fc from 'fast-check';
import { expect, test } from 'vitest';
import { returnPath } from './return-to.ts';

const publicUrl = 'https://bots.example.com';

test('leads back to a path of this address as it is', () => {
  for (const path of ['/', '/tenants/ten_1?tab=audit#top', '/a%20b', '/.well-known'])
    expect(returnPath(path, publicUrl)).toBe(path);
});

test.each([
  '//evil.example',
  '/\\evil.example',
  '\\/evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '/.//evil.example',
  '/..//evil.example',
  'https://evil.example',
  'javascript:alert(1)',
  '',
  `/${'x'.repeat(512)}`,
])('leads home instead of to %j', (path) => expect(returnPath(path, publicUrl)).toBe('/'));

test('leads to no other host, whatever is asked for', () => {
  const parts = fc.constantFrom(
    '/',
    '\\',
    '.',
    '..',
    '//',
    'evil.example',
    '@',
    ':',
    '%2f',
    '%5c',
    '\t',
    '\n',
    '?',
    '#',
    'https:',
    ' ',
    '\u0000',
    '\u3002',
  );
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 8 }), (chosen) => {
      const path = returnPath(chosen.join(''), publicUrl);
      expect(new URL(path, publicUrl).origin).toBe(publicUrl);
      expect(path).toMatch(/^\/(?![/\\])/);
    }),
    { numRuns: 2_000 },
  );
});
