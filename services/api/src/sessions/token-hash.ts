import { createHash, randomBytes } from 'node:crypto';

/** A secret of 256 bits that is shown once; the database holds its `tokenHash`. */
export const newToken = (): string => randomBytes(32).toString('base64url');

/** What is stored of a bearer value: its SHA-256. Its 256 random bits need no salt and no slow hash. */
export const tokenHash = (token: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash('sha256').update(token).digest());
