import { hash, type KeyObject } from 'node:crypto';

const blockBytes = 64;
const digestBytes = 32;

/** Computes the code of an ASCII text, in base64url. */
export type SharedKeyCode = (text: string) => string;

const known = new WeakMap<KeyObject, SharedKeyCode>();

/**
 * HMAC SHA-256 (RFC 2104, 2) under a shared key of at most 64 bytes: the same as `createHmac('sha256', key)`, made of
 * hashes of one call each. An Hmac is an object of the native side, which has to be set up and collected, and
 * gateway-proxy needs two of them for a call.
 */
export function sharedKeyCode(key: KeyObject): SharedKeyCode {
  let code = known.get(key);
  if (!code) {
    code = createCode(key.export());
    known.set(key, code);
  }
  return code;
}

function createCode(secret: Buffer): SharedKeyCode {
  if (secret.length > blockBytes) throw new Error(`a shared key has at most ${blockBytes} bytes`);
  const inner = Buffer.alloc(blockBytes, 0x36);
  const outer = Buffer.alloc(blockBytes + digestBytes, 0x5c);
  for (const [index, byte] of secret.entries()) {
    inner[index] = byte ^ 0x36;
    outer[index] = byte ^ 0x5c;
  }
  secret.fill(0);
  return (text) => {
    const message = Buffer.allocUnsafe(blockBytes + text.length);
    inner.copy(message);
    message.write(text, blockBytes, 'latin1');
    hash('sha256', message, 'buffer').copy(outer, blockBytes);
    return hash('sha256', outer, 'base64url');
  };
}
