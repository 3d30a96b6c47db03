import { createHash, randomBytes } from 'node:crypto';
import type { Records } from '#infra/database/prisma.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { ApiSettings } from '../settings.ts';

const sessionLifetimeMs = 12 * 60 * 60_000;

/** Sign-in sessions. The bearer value is shown once; the database holds its SHA-256. */
export interface SessionStore {
  /**
   * Exchanges the one-time sign-in.
   * @throws BailiwickError session.sign-in-refused when it is wrong, late or used; which of them is not told.
   */
  signIn(oneTime: string): Promise<{ token: string; subject: string; expiresAt: Date }>;
  /** Whose session this is; undefined when it is unknown or over. */
  find(token: string): Promise<string | undefined>;
  end(token: string): Promise<void>;
}

export function createSessionStore(records: Records, ownerSignIn: ApiSettings['ownerSignIn']): SessionStore {
  return {
    async signIn(oneTime) {
      const hash = sha256(oneTime);
      const wanted = ownerSignIn && Buffer.from(ownerSignIn.tokenSha256Base64, 'base64');
      if (!ownerSignIn || !wanted || !hash.equals(wanted) || ownerSignIn.expiresAtMs < Date.now()) throw refused();
      const token = randomBytes(32).toString('base64url');
      const expiresAt = new Date(Date.now() + sessionLifetimeMs);
      await records.acrossTenants(async (rows) => {
        // The row of the one-time value marks it as used: a second insert finds it there, also after a restart.
        const spent = { tokenHash: bytes(hash), subject: 'spent', expiresAt: new Date(ownerSignIn.expiresAtMs) };
        const { count } = await rows.apiSession.createMany({ data: [spent], skipDuplicates: true });
        if (count === 0) throw refused();
        const session = { tokenHash: bytes(sha256(token)), subject: ownerSignIn.subject, expiresAt };
        await rows.apiSession.create({ data: session });
      });
      return { token, subject: ownerSignIn.subject, expiresAt };
    },
    async find(token) {
      const tokenHash = bytes(sha256(token));
      const row = await records.acrossTenants((rows) => rows.apiSession.findUnique({ where: { tokenHash } }));
      return row && row.subject !== 'spent' && row.expiresAt.getTime() > Date.now() ? row.subject : undefined;
    },
    async end(token) {
      const tokenHash = bytes(sha256(token));
      await records.acrossTenants((rows) => rows.apiSession.deleteMany({ where: { tokenHash } }));
    },
  };
}

const refused = () =>
  callerFault(
    'session.sign-in-refused',
    'This sign-in is wrong, too late or was used: start the platform again for a new one.',
    401,
  );

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
const bytes = (buffer: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(buffer);
