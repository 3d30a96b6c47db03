import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { isPublicAddress, mayBeAsked, publicLookup } from './public-address.ts';

describe('an address', () => {
  test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::8a'])(
    'of the public internet is accepted: %s',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );
  test.each(
    [
      '127.0.0.1 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 255.255.255.255',
      '224.0.0.1 198.18.0.1 ::1 :: fe80::1 fc00::1 fd12:3456::1 ::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1::',
      '2001:db8::1 ff02::1 vault.example.com 8.8.8.8.8',
    ].flatMap((line) => line.split(' ')),
  )('of this machine or a private network is refused: %s', (address) => expect(isPublicAddress(address)).toBe(false));
});

test('a host may be asked if it is a name, a public address, or one that the operator allows', () => {
  const asked = (url: string, allowed: readonly string[] = []) => mayBeAsked(new URL(url), allowed);
  expect(asked('https://vault.example.com')).toBe(true);
  expect(asked('https://8.8.8.8')).toBe(true);
  expect(asked('https://10.0.0.1')).toBe(false);
  expect(asked('https://10.0.0.1', ['10.0.0.1'])).toBe(true);
  // Other ways of writing 127.0.0.1 and ::1.
  for (const host of ['2130706433', '0x7f.1', '127.1', '[::1]', '[::ffff:127.0.0.1]'])
    expect(asked(`https://${host}`)).toBe(false);
});

describe('a name', () => {
  const resolve = (allowed: readonly string[], all = false) =>
    promisify((name: string, back: (error: Error | null, address: unknown) => void) =>
      publicLookup(allowed)(name, { all }, (error, address) => back(error, address)),
    );

  test('of a private address is not resolved, whichever way it is asked for', async () => {
    await expect(resolve([])('localhost')).rejects.toThrow('not on the public internet');
    await expect(resolve([], true)('localhost')).rejects.toThrow('not on the public internet');
    await expect(resolve(['local'])('localhost')).rejects.toThrow('not on the public internet');
  });

  test('that the operator allows is resolved', async () => {
    expect(await resolve(['localhost'])('localhost')).toMatch(/^(?:127\.0\.0\.1|::1)$/);
  });
});
