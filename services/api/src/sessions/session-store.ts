import type { Database } from '#infra/database/pool.ts';
import type { Records } from '#infra/database/prisma.ts';
import type { Identity } from './identity.ts';
import { identityOf } from './operators.ts';
import { newToken, tokenHash } from './token-hash.ts';

const sessionLifetimeMs = 12 * 60 * 60_000;

/** Sign-in sessions. The bearer value is shown once; the database stores its SHA-256. */
export interface SessionStore {
  open(subject: string): Promise<{ token: string; subject: string; expiresAt: Date }>;
  /** The subject of this session; undefined if it is unknown or has ended. */
  find(token: string): Promise<Pick<Identity, 'subject' | 'operator'> | undefined>;
  end(token: string): Promise<void>;
}

/** The subject is looked up at every request: with pg, which costs a third of the same through Prisma. */
export function createSessionStore(records: Records, database: Pick<Database, 'queryAcrossTenants'>): SessionStore {
  return {
    async open(subject) {
      const token = newToken();
      const expiresAt = new Date(Date.now() + sessionLifetimeMs);
      const session = { tokenHash: tokenHash(token), subject, expiresAt };
      await records.acrossTenants((rows) => rows.apiSession.create({ data: session }));
      return { token, subject, expiresAt };
    },
    async find(token) {
      const [row] = await database.queryAcrossTenants<{ subject: string; operator: string | null }>({
        name: 'api-session',
        text: `select subject, user_id as operator
                 from api_session left join operator on subject = 'discord:' || user_id
                where token_hash = $1 and expires_at > $2`,
        values: [tokenHash(token), new Date()],
      });
      return row && identityOf(row.subject, row.operator);
    },
    async end(token) {
      const where = { tokenHash: tokenHash(token) };
      await records.acrossTenants((rows) => rows.apiSession.deleteMany({ where }));
    },
  };
}
