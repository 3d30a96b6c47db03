import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** One key for each use, so that what was made for one is worthless for another. */
export interface SessionKeys {
  /** Signs access tokens (HS256: only this service has to verify them). */
  readonly access: Buffer;
  /** Seals what a browser keeps for us between leaving for Discord and returning. */
  readonly signIn: KeyObject;
  /** Signs the cursors of pages. */
  readonly cursor: KeyObject;
  /** Seals the stored answers of operations with an Idempotency-Key. */
  readonly idempotency: KeyObject;
  /** With which an earlier release has sealed how people are called, and what is noted about the invited. */
  readonly words: KeyObject;
}

/** Derives the keys from the one in the settings (HKDF-SHA-256, RFC 5869). */
export function deriveSessionKeys(base64: string): SessionKeys {
  const root = Buffer.from(base64, 'base64');
  const derive = (use: string) => Buffer.from(hkdfSync('sha256', root, '', `bailiwick/api/${use}`, 32));
  return {
    access: derive('access'),
    signIn: createSecretKey(derive('sign-in')),
    cursor: createSecretKey(derive('cursor')),
    idempotency: createSecretKey(derive('idempotency')),
    words: createSecretKey(derive('words')),
  };
}
