import type { Database, Transaction } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { journal } from '#security/audit/journal.ts';
import { auditRecord, type AuditRecord } from '#security/audit/record.ts';
import type { Identity } from './identity.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';

/** A person who operates the platform and signs in with Discord. */
export interface Operator {
  /** Their Discord id. */
  readonly userId: string;
  /** A subject, or `settings`. */
  readonly addedBy: string;
  readonly addedAt: Date;
  /** Named in the settings file. */
  readonly inSettings: boolean;
}

/**
 * Who operates the platform. An operator signs in like everybody else, as `discord:<id>`, and acts as a member where
 * that is enough; what only an operator may do is decided, and recorded, as `operator:<id>`. Whoever is added or
 * removed has to sign in again. Each change is journalled in its transaction.
 */
export interface Operators {
  /** By id, in text order. */
  list(page: { after: string | undefined; take: number }): Promise<readonly Operator[]>;
  /** @throws BailiwickError operator.exists (409), operator.too-many (409) */
  add(userId: string, addedBy: string, audit: () => AuditRecord): Promise<Operator>;
  /** @throws BailiwickError operator.unknown (404), operator.in-settings (409), operator.last (409) */
  remove(userId: string, audit: () => AuditRecord): Promise<void>;
  /** Brings the list in line with the settings file: adds those it names, and removes those it named before. */
  follow(settings: readonly string[]): Promise<void>;
}

const mostOperators = 100;

export const operatorSubject = (userId: string): string => `operator:${userId}`;

/** The signed-in person, and their operator identity; `listed` is their id if the list names them. */
export const identityOf = (subject: string, listed: string | null): Pick<Identity, 'subject' | 'operator'> => {
  if (subject.startsWith('operator:')) return { subject, operator: subject };
  return listed === null ? { subject } : { subject, operator: operatorSubject(listed) };
};

/** The table operator. */
export function createOperators(database: Pick<Database, 'acrossTenants'>, clock: Clock): Operators {
  /** One change at a time, so that the last two do not remove each other. */
  const change = <Result>(work: (transaction: Transaction) => Promise<Result>) =>
    database.acrossTenants(async (transaction) => {
      await transaction.query("select pg_advisory_xact_lock(hashtextextended('bailiwick.operators', 0))");
      return work(transaction);
    });

  return {
    list: ({ after, take }) =>
      database.acrossTenants(async (transaction) => {
        const { rows } = await transaction.query<Row>(
          `select ${columns} from operator where user_id collate "C" > $1 order by user_id collate "C" limit $2`,
          [after ?? '', take],
        );
        return rows.map(operatorOf);
      }),
    add: (userId, addedBy, audit) =>
      change(async (transaction) => {
        const all = await everyOperator(transaction);
        if (all.some((each) => each.userId === userId))
          throw callerFault('operator.exists', 'This person is already an operator.', 409);
        if (all.length >= mostOperators)
          throw callerFault(
            'operator.too-many',
            `There can be at most ${mostOperators} operators. Remove one first.`,
            409,
          );
        const added = await insert(transaction, userId, addedBy, clock.now());
        await journal(transaction, [audit()]);
        return added;
      }),
    remove: (userId, audit) =>
      change(async (transaction) => {
        const all = await everyOperator(transaction);
        const operator = all.find((each) => each.userId === userId);
        if (!operator) throw callerFault('operator.unknown', 'There is no such operator.', 404);
        if (operator.inSettings)
          throw callerFault(
            'operator.in-settings',
            'This operator is named in the settings file. Remove them there.',
            409,
          );
        if (all.length === 1)
          throw callerFault('operator.last', 'This is the last operator. Add another one first.', 409);
        await erase(transaction, userId, clock.now());
        await journal(transaction, [audit()]);
      }),
    follow: (settings) => change((transaction) => follow(transaction, new Set(settings), clock.now())),
  };
}

const columns = 'user_id, added_by, added_at, in_settings';
interface Row {
  readonly user_id: string;
  readonly added_by: string;
  readonly added_at: Date;
  readonly in_settings: boolean;
}
const operatorOf = ({ user_id: userId, added_by: addedBy, added_at: addedAt, in_settings: inSettings }: Row) => ({
  userId,
  addedBy,
  addedAt,
  inSettings,
});

async function everyOperator(transaction: Transaction): Promise<readonly Operator[]> {
  const { rows } = await transaction.query<Row>(`select ${columns} from operator`);
  return rows.map(operatorOf);
}

async function insert(transaction: Transaction, userId: string, addedBy: string, nowMs: number): Promise<Operator> {
  const addedAt = new Date(nowMs);
  const inSettings = addedBy === 'settings';
  await transaction.query('insert into operator (user_id, added_by, added_at, in_settings) values ($1, $2, $3, $4)', [
    userId,
    addedBy,
    addedAt,
    inSettings,
  ]);
  await signOut(transaction, userId, addedAt);
  return { userId, addedBy, addedAt, inSettings };
}

async function erase(transaction: Transaction, userId: string, nowMs: number): Promise<void> {
  await transaction.query('delete from operator where user_id = $1', [userId]);
  // What they created as an operator has an operator's permissions, and is removed with them.
  await transaction.query('delete from api_key where maker = $1', [operatorSubject(userId)]);
  await signOut(transaction, userId, new Date(nowMs));
}

/** Somebody that an operator added stays when the settings no longer name them. */
async function follow(transaction: Transaction, named: ReadonlySet<string>, nowMs: number): Promise<void> {
  const all = await everyOperator(transaction);
  for (const { userId, addedBy, inSettings } of all) {
    if (inSettings && !named.has(userId) && addedBy === 'settings') {
      await erase(transaction, userId, nowMs);
      await journal(transaction, [followed(userId, false, nowMs)]);
    } else if (inSettings !== named.has(userId)) {
      await transaction.query('update operator set in_settings = not in_settings where user_id = $1', [userId]);
    }
  }
  for (const userId of named) {
    if (all.some((each) => each.userId === userId)) continue;
    await insert(transaction, userId, 'settings', nowMs);
    await journal(transaction, [followed(userId, true, nowMs)]);
  }
}

const followed = (userId: string, added: boolean, nowMs: number): AuditRecord =>
  auditRecord(
    {
      tenant: installationLog,
      kind: 'change',
      action: 'operator.write',
      outcome: 'succeeded',
      actor: { type: 'platform', id: 'settings' },
      target: operatorSubject(userId),
      detail: { added },
    },
    nowMs,
  );

/** An earlier sign-in has another lifetime, or permissions that are gone. */
async function signOut(transaction: Transaction, userId: string, at: Date): Promise<void> {
  const subjects = [`discord:${userId}`, operatorSubject(userId)];
  await transaction.query('update sign_in set ended_at = $2 where subject = any($1) and ended_at is null', [
    subjects,
    at,
  ]);
  await transaction.query('delete from api_session where subject = any($1)', [subjects]);
}
