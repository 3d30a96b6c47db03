import type { Database } from '#infra/database/pool.ts';
import type { Records } from '#infra/database/prisma.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { ApiSettings } from '../settings.ts';
import { newToken, tokenHash } from './token-hash.ts';

const sessionLifetimeMs = 12 * 60 * 60_000;

/** Sign-in sessions. The bearer value is shown once; the database holds its SHA-256. */
export interface SessionStore {
  /**
   * Uses up the one-time sign-in; the subject that it stands for.
   * @throws BailiwickError session.sign-in-refused when it is wrong, late or used; which of them is not told.
   */
  redeem(oneTime: string): Promise<string>;
  open(subject: string): Promise<{ token: string; subject: string; expiresAt: Date }>;
  /** Whose session this is; undefined when it is unknown or over. */
  find(token: string): Promise<string | undefined>;
  end(token: string): Promise<void>;
}

/** Whose session it is, is asked with every request: by pg, which costs a third of the same through Prisma. */
export function createSessionStore(
  records: Records,
  database: Pick<Database, 'acrossTenants'>,
  ownerSignIn: ApiSettings['ownerSignIn'],
): SessionStore {
  return {
    async redeem(oneTime) {
      const hash = Buffer.from(tokenHash(oneTime));
      const wanted = ownerSignIn && Buffer.from(ownerSignIn.tokenSha256Base64, 'base64');
      if (!ownerSignIn || !wanted || !hash.equals(wanted) || ownerSignIn.expiresAtMs < Date.now()) throw refused();
      // The row of the one-time value marks it as used: a second insert finds it there, also after a restart.
      const spent = {
        tokenHash: tokenHash(oneTime),
        subject: 'spent',
        expiresAt: new Date(ownerSignIn.expiresAtMs),
      };
      const { count } = await records.acrossTenants((rows) =>
        rows.apiSession.createMany({ data: [spent], skipDuplicates: true }),
      );
      if (count === 0) throw refused();
      return ownerSignIn.subject;
    },
    async open(subject) {
      const token = newToken();
      const expiresAt = new Date(Date.now() + sessionLifetimeMs);
      const session = { tokenHash: tokenHash(token), subject, expiresAt };
      await records.acrossTenants((rows) => rows.apiSession.create({ data: session }));
      return { token, subject, expiresAt };
    },
    async find(token) {
      const { rows } = await database.acrossTenants((transaction) =>
        transaction.query<{ subject: string; expires_at: Date }>({
          name: 'api-session',
          text: 'select subject, expires_at from api_session where token_hash = $1',
          values: [tokenHash(token)],
        }),
      );
      const [row] = rows;
      return row && row.subject !== 'spent' && row.expires_at.getTime() > Date.now() ? row.subject : undefined;
    },
    async end(token) {
      const where = { tokenHash: tokenHash(token) };
      await records.acrossTenants((rows) => rows.apiSession.deleteMany({ where }));
    },
  };
}

const refused = () =>
  callerFault(
    'session.sign-in-refused',
    'This sign-in is wrong, too late or was used: start the platform again for a new one.',
    401,
  );
