import type { Database } from '#infra/database/pool.ts';
import type { Records, Rows } from '#infra/database/prisma.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { newId } from '#infra/kernel/ids.ts';
import type { Identity } from './identity.ts';
import { identityOf } from './operators.ts';
import { newToken, tokenHash } from './token-hash.ts';

/** How somebody authenticated. */
export type SignInMethod = 'discord' | 'one-time';

/** A sign-in with its current refresh token. */
export interface OpenSignIn {
  readonly id: string;
  readonly subject: string;
  readonly refreshToken: string;
  readonly expiresAt: Date;
}

export type Rotation =
  | { readonly is: 'rotated'; readonly signIn: OpenSignIn }
  /** The token was used before: the sign-in has been ended, since one of its two holders stole it. */
  | { readonly is: 'reused'; readonly subject: string; readonly id: string }
  | { readonly is: 'unknown' };

/**
 * Sign-ins of browsers. Each has one refresh token at a time, which is exchanged for the next one; using one twice ends
 * the sign-in (RFC 9700, 4.14.2). Tokens are stored as hashes.
 */
export interface SignInStore {
  open(subject: string, method: SignInMethod): Promise<OpenSignIn>;
  rotate(refreshToken: string): Promise<Rotation>;
  /**
   * Its subject; undefined once it has ended or expired. Checked at every request, so that a sign-out, and the removal
   * of an operator, takes effect at once.
   */
  find(id: string): Promise<Pick<Identity, 'subject' | 'operator'> | undefined>;
  end(id: string): Promise<void>;
  /** Ends every sign-in of a person, and the sessions of their command line. */
  endAll(subject: string): Promise<void>;
}

const dayMs = 24 * 60 * 60_000;
/** A person stays signed in for as long as they return within 30 days, half a year at most. */
const personMs = { sliding: 30 * dayMs, absolute: 180 * dayMs };
/** Operators may do anything to every tenant: half a day, as for the command line. */
const operatorMs = { sliding: dayMs / 2, absolute: dayMs / 2 };
const lifetimeOf = async (rows: Rows, subject: string) => {
  const [kind, userId = ''] = subject.split(':', 2);
  const isOperator = kind === 'operator' || (await rows.operator.count({ where: { userId } })) > 0;
  return isOperator ? operatorMs : personMs;
};

export function createSignInStore(
  records: Records,
  database: Pick<Database, 'queryAcrossTenants'>,
  clock: Clock,
): SignInStore {
  const issue = async (rows: Rows, signIn: { id: string; subject: string; createdAtMs: number }) => {
    const { sliding, absolute } = await lifetimeOf(rows, signIn.subject);
    const expiresAt = new Date(Math.min(clock.now() + sliding, signIn.createdAtMs + absolute));
    const refreshToken = newToken();
    await rows.refreshToken.create({ data: { tokenHash: tokenHash(refreshToken), signInId: signIn.id, expiresAt } });
    await rows.signIn.update({ where: { id: signIn.id }, data: { expiresAt } });
    return { id: signIn.id, subject: signIn.subject, refreshToken, expiresAt };
  };

  return {
    open: (subject, method) =>
      records.acrossTenants(async (rows) => {
        const nowMs = clock.now();
        const id = newId('sgn', nowMs);
        const at = new Date(nowMs);
        await rows.signIn.create({ data: { id, subject, method, createdAt: at, expiresAt: at } });
        return issue(rows, { id, subject, createdAtMs: nowMs });
      }),

    rotate: (refreshToken) =>
      records.acrossTenants(async (rows): Promise<Rotation> => {
        const hash = tokenHash(refreshToken);
        const now = new Date(clock.now());
        const { count } = await rows.refreshToken.updateMany({
          where: { tokenHash: hash, usedAt: null, expiresAt: { gt: now }, signIn: { endedAt: null } },
          data: { usedAt: now },
        });
        const known = await rows.refreshToken.findUnique({ where: { tokenHash: hash }, include: { signIn: true } });
        if (!known) return { is: 'unknown' };
        const { id, subject, createdAt, endedAt } = known.signIn;
        if (count === 1)
          return { is: 'rotated', signIn: await issue(rows, { id, subject, createdAtMs: createdAt.getTime() }) };
        if (known.usedAt === null || endedAt !== null) return { is: 'unknown' };
        await rows.signIn.update({ where: { id }, data: { endedAt: now } });
        return { is: 'reused', subject, id };
      }),

    async find(id) {
      const [row] = await database.queryAcrossTenants<{ subject: string; operator: string | null }>({
        name: 'open-sign-in',
        // A person who has become an operator since has to sign in again: this sign-in would last too long.
        text: `select subject, user_id as operator
                 from sign_in left join operator on subject = 'discord:' || user_id and created_at >= added_at
                where id = $1 and ended_at is null and expires_at > $2`,
        values: [id, new Date(clock.now())],
      });
      return row && identityOf(row.subject, row.operator);
    },

    end: (id) =>
      records.acrossTenants(async (rows) => {
        await rows.signIn.updateMany({ where: { id, endedAt: null }, data: { endedAt: new Date(clock.now()) } });
      }),

    endAll: (subject) =>
      records.acrossTenants(async (rows) => {
        await rows.signIn.updateMany({ where: { subject, endedAt: null }, data: { endedAt: new Date(clock.now()) } });
        await rows.apiSession.deleteMany({ where: { subject } });
      }),
  };
}
