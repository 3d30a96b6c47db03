import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { CipherGCMTypes } from 'node:crypto';
import { VoiceEncryptionMode } from 'discord-api-types/voice/v8';
import { hChaCha20 } from './hchacha20.ts';

/** The modes that Discord still offers, the preferred one first (Discord: Transport Encryption Modes). */
export const encryptionModes = [
  VoiceEncryptionMode.AeadAes256GcmRtpSize,
  VoiceEncryptionMode.AeadXChaCha20Poly1305RtpSize,
] as const;
export type EncryptionMode = (typeof encryptionModes)[number];

export const keyBytes = 32;
const tagBytes = 16;
/** The counter at the end of a packet, the only part of the nonce that is sent. */
const counterBytes = 4;

/**
 * Encrypts one packet: the RTP header stays readable but is authenticated, the payload is encrypted, followed by the
 * tag and the counter that forms the nonce.
 */
export function seal(
  mode: EncryptionMode,
  key: Uint8Array,
  packet: { header: Uint8Array; payload: Uint8Array; counter: number },
): Buffer {
  const counter = Buffer.alloc(counterBytes);
  counter.writeUInt32BE(packet.counter);
  const { algorithm, secret, nonce } = cipherOf(mode, key, counter);
  const cipher = createCipheriv(algorithm, secret, nonce, { authTagLength: tagBytes });
  cipher.setAAD(packet.header, { plaintextLength: packet.payload.length });
  const sealed = cipher.update(packet.payload);
  cipher.final();
  return Buffer.concat([packet.header, sealed, cipher.getAuthTag(), counter]);
}

/** Decrypts the output of `seal`; undefined if the key is a different one or a byte was changed. */
export function open(mode: EncryptionMode, key: Uint8Array, packet: Buffer, headerBytes: number): Buffer | undefined {
  const counterAt = packet.length - counterBytes;
  const tagAt = counterAt - tagBytes;
  if (tagAt < headerBytes) return undefined;
  const { algorithm, secret, nonce } = cipherOf(mode, key, packet.subarray(counterAt));
  const decipher = createDecipheriv(algorithm, secret, nonce, { authTagLength: tagBytes });
  decipher.setAAD(packet.subarray(0, headerBytes), { plaintextLength: tagAt - headerBytes });
  decipher.setAuthTag(packet.subarray(tagAt, counterAt));
  const payload = decipher.update(packet.subarray(headerBytes, tagAt));
  try {
    decipher.final();
    return payload;
  } catch {
    return undefined;
  }
}

interface Cipher {
  /** ChaCha20-Poly1305 has the same interface in Node, although its types only name GCM. */
  readonly algorithm: CipherGCMTypes;
  readonly secret: Uint8Array;
  readonly nonce: Uint8Array;
}

function cipherOf(mode: EncryptionMode, key: Uint8Array, counter: Uint8Array): Cipher {
  switch (mode) {
    case VoiceEncryptionMode.AeadAes256GcmRtpSize:
      return { algorithm: 'aes-256-gcm', secret: key, nonce: padded(counter, 12) };
    case VoiceEncryptionMode.AeadXChaCha20Poly1305RtpSize: {
      // XChaCha20-Poly1305 is ChaCha20-Poly1305 under a key derived from the first 16 bytes of its nonce; none of the
      // last 8 bytes is sent, so they are zero (draft-irtf-cfrg-xchacha-03, section 2.3).
      const secret = hChaCha20(key, padded(counter, 16));
      return { algorithm: 'chacha20-poly1305' as CipherGCMTypes, secret, nonce: Buffer.alloc(12) };
    }
    default:
      return mode satisfies never;
  }
}

function padded(counter: Uint8Array, sizeBytes: number): Buffer {
  const nonce = Buffer.alloc(sizeBytes);
  nonce.set(counter);
  return nonce;
}
