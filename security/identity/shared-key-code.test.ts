import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { sharedKeyCode } from './shared-key-code.ts';

test('computes what RFC 4231 (4.3) gives as an example', () => {
  const code = sharedKeyCode(createSecretKey(Buffer.from('Jefe')));
  expect(Buffer.from(code('what do ya want for nothing?'), 'base64url').toString('hex')).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
});

test('agrees with node:crypto for keys and texts of any length', () => {
  for (const keyBytes of [1, 31, 32, 63, 64]) {
    const key = createSecretKey(randomBytes(keyBytes));
    const code = sharedKeyCode(key);
    for (const length of [0, 1, 55, 56, 63, 64, 65, 1_000, 12_288]) {
      const text = randomBytes(length).toString('base64url').slice(0, length);
      expect(code(text)).toBe(createHmac('sha256', key).update(text).digest('base64url'));
    }
  }
});

test('refuses a key that RFC 2104 would hash first', () => {
  expect(() => sharedKeyCode(createSecretKey(randomBytes(65)))).toThrow('at most 64 bytes');
});
