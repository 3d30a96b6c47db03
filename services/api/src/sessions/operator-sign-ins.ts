import type { Database, Transaction } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { journal } from '#security/audit/journal.ts';
import { auditRecord, type AuditRecord } from '#security/audit/record.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import type { ApiSettings } from '../settings.ts';
import { newToken, tokenHash } from './token-hash.ts';

/** The subject of a one-time operator sign-in: anybody who may read the installation's data folder. */
export const machineOperator = 'operator:owner';

/** Maximum lifetime of a sign-in that was requested later. */
export const operatorSignInMs = 15 * 60_000;

/**
 * One-time operator sign-ins. Only one is valid at a time: a new one invalidates the previous one. The database stores
 * their hashes, so that none is valid again after a restart.
 */
export interface OperatorSignIns {
  /** Invalidates the previous one. Recorded in the installation's log, in the same transaction. */
  issue(): Promise<{ token: string; expiresAt: Date }>;
  /** Registers the one that was shown at the platform's start, unless it is already known. */
  adopt(shown: NonNullable<ApiSettings['operatorSignIn']>): Promise<void>;
  /**
   * Uses it up and returns the subject that it stands for.
   * @throws BailiwickError session.sign-in-refused if it is invalid, expired or used, without saying which.
   */
  redeem(token: string): Promise<string>;
}

export function createOperatorSignIns(database: Pick<Database, 'acrossTenants'>, clock: Clock): OperatorSignIns {
  const insert = async (transaction: Transaction, hash: Uint8Array, expiresAt: Date): Promise<void> => {
    // One at a time, or two that are created at once would not see each other.
    await transaction.query("select pg_advisory_xact_lock(hashtextextended('bailiwick.operator-sign-ins', 0))");
    const { rowCount } = await transaction.query(
      'insert into operator_sign_in (token_hash, expires_at) values ($1, $2) on conflict do nothing',
      [hash, expiresAt],
    );
    if (rowCount !== 1) return;
    await transaction.query('update operator_sign_in set spent = true where token_hash <> $1 and not spent', [hash]);
  };
  return {
    async issue() {
      const token = newToken();
      const expiresAt = new Date(clock.now() + operatorSignInMs);
      await database.acrossTenants(async (transaction) => {
        await insert(transaction, tokenHash(token), expiresAt);
        await journal(transaction, [issued(clock.now())]);
      });
      return { token, expiresAt };
    },
    async adopt({ tokenSha256Base64, expiresAtMs }) {
      if (expiresAtMs <= clock.now()) return;
      const hash = new Uint8Array(Buffer.from(tokenSha256Base64, 'base64'));
      await database.acrossTenants((transaction) => insert(transaction, hash, new Date(expiresAtMs)));
    },
    async redeem(token) {
      const { rowCount } = await database.acrossTenants((transaction) =>
        transaction.query(
          'update operator_sign_in set spent = true where token_hash = $1 and not spent and expires_at > $2',
          [tokenHash(token), new Date(clock.now())],
        ),
      );
      if (rowCount === 1) return machineOperator;
      throw callerFault(
        'session.sign-in-refused',
        'This sign-in is invalid, expired or already used. For a new one, run `bailiwick sign-in` on the machine that runs the platform.',
        401,
      );
    },
  };
}

const issued = (nowMs: number): AuditRecord =>
  auditRecord(
    {
      tenant: installationLog,
      kind: 'security',
      action: 'session.operator-sign-in',
      outcome: 'succeeded',
      actor: { type: 'operator', id: machineOperator },
      detail: { lifetimeSec: operatorSignInMs / 1_000 },
    },
    nowMs,
  );
