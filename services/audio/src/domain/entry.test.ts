import { expect, test } from 'vitest';
import { cleanUrl } from './entry.ts';

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
