import { createCipheriv } from 'node:crypto';

/** ChaCha20's constants: "expand 32-byte k" (RFC 8439, section 2.3). */
const constants = Buffer.from('expand 32-byte k');

/**
 * The key that XChaCha20 uses for a nonce (draft-irtf-cfrg-xchacha-03, section 2.2). It is a ChaCha20 block without the
 * final addition, which Node does not offer; so this encrypts zeros to get a block, and subtracts what was added.
 */
export function hChaCha20(key: Uint8Array, nonce16: Uint8Array): Buffer {
  const block = createCipheriv('chacha20', key, nonce16).update(Buffer.alloc(64));
  const secret = Buffer.alloc(32);
  const added = Buffer.concat([constants, nonce16]);
  for (let word = 0; word < 8; word += 1) {
    // The first and the last row of the state.
    const at = word < 4 ? word * 4 : 32 + word * 4;
    secret.writeUInt32LE((block.readUInt32LE(at) - added.readUInt32LE(word * 4)) >>> 0, word * 4);
  }
  return secret;
}
