import { createHash, randomBytes } from 'node:crypto';

/** A secret of 256 bits that is shown once; the database stores its `tokenHash`. */
export const newToken = (): string => randomBytes(32).toString('base64url');

/** The stored form of a bearer value: its SHA-256. Its 256 random bits need no salt and no slow hash. */
export const tokenHash = (token: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash('sha256').update(token).digest());
