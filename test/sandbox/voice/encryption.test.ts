import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { encryptionModes, open, seal } from './encryption.ts';
import { hChaCha20 } from './hchacha20.ts';
import { rtpHeader } from './rtp.ts';

describe.each(encryptionModes)('%s', (mode) => {
  const key = randomBytes(32);
  const payload = Buffer.from('a frame');
  const header = rtpHeader(7, 960, 42);
  const sealed = seal(mode, key, { header, payload, counter: 3 });

  test('opens what it sealed, with a readable header and an unreadable payload', () => {
    expect(open(mode, key, sealed, header.length)).toEqual(payload);
    expect(sealed.subarray(0, header.length)).toEqual(header);
    expect(sealed.includes(payload)).toBe(false);
  });

  test('opens nothing with another key, header or counter, or with a byte changed', () => {
    expect(open(mode, randomBytes(32), sealed, header.length)).toBeUndefined();
    for (const at of [2, header.length, sealed.length - 5, sealed.length - 1]) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(open(mode, key, changed, header.length), `byte ${at}`).toBeUndefined();
    }
    expect(open(mode, key, sealed.subarray(0, 20), header.length)).toBeUndefined();
  });
});

test('the XChaCha20 subkey matches the test vector of its specification', () => {
  const key = Buffer.from(Array.from({ length: 32 }, (_, at) => at));
  const nonce = Buffer.from('000000090000004a0000000031415927', 'hex');
  // draft-irtf-cfrg-xchacha-03, section 2.2.1
  const expected = '82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc';
  expect(hChaCha20(key, nonce).toString('hex')).toBe(expected);
});
