import { createCipheriv, createDecipheriv, randomFillSync, type KeyObject } from 'node:crypto';

/** Bytes of a nonce in AES-GCM (NIST SP 800-38D, 8.2.2: random nonces, so a key must be used fewer than 2^32 times). */
export const ivBytes = 12;
/** Bytes of the authentication tag; never shortened. */
export const tagBytes = 16;
/** Bytes of every key here: AES-256. */
export const keyBytes = 32;

const pool = Buffer.alloc(ivBytes * 256);
let poolUsed = pool.length;

/** Nonces are drawn from the system 256 at a time: a system call for each would cost more than the encryption. */
function writeIv(target: Buffer, offset: number): void {
  if (poolUsed === pool.length) {
    randomFillSync(pool);
    poolUsed = 0;
  }
  pool.copy(target, offset, poolUsed, poolUsed + ivBytes);
  pool.fill(0, poolUsed, poolUsed + ivBytes);
  poolUsed += ivBytes;
}

/** Encrypts into `nonce || ciphertext || tag`, after `prefix`, which is included in the result unchanged. */
export function encrypt(
  key: KeyObject,
  plaintext: Uint8Array,
  associatedData: Uint8Array,
  prefix?: Uint8Array,
): Buffer {
  const start = prefix?.length ?? 0;
  const sealed = Buffer.allocUnsafe(start + ivBytes + plaintext.length + tagBytes);
  if (prefix) sealed.set(prefix);
  writeIv(sealed, start);
  const bodyAt = start + ivBytes;
  const cipher = createCipheriv('aes-256-gcm', key, sealed.subarray(start, bodyAt), { authTagLength: tagBytes });
  cipher.setAAD(associatedData);
  sealed.set(cipher.update(plaintext), bodyAt);
  cipher.final();
  sealed.set(cipher.getAuthTag(), bodyAt + plaintext.length);
  return sealed;
}

/** Decrypts `nonce || ciphertext || tag`; undefined if the key, the data or the associated data does not match. */
export function decrypt(key: KeyObject, sealed: Uint8Array, associatedData: Uint8Array): Buffer | undefined {
  if (sealed.length < ivBytes + tagBytes) return undefined;
  const bodyEnd = sealed.length - tagBytes;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, ivBytes), { authTagLength: tagBytes });
  decipher.setAAD(associatedData);
  decipher.setAuthTag(sealed.subarray(bodyEnd));
  const plaintext = decipher.update(sealed.subarray(ivBytes, bodyEnd));
  try {
    decipher.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    return undefined;
  }
}
