import type { Database } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';

/** Rows per statement: a long-neglected table is emptied without holding locks for long. */
const batchRows = 1_000;

/**
 * What has expired, by table and key: sessions, sign-ins with their refresh tokens, invitations that nobody accepted,
 * stored responses, deliveries of webhooks.
 */
const over = [
  { table: 'api_session', key: 'token_hash', when: 'expires_at <= $1' },
  { table: 'sign_in', key: 'id', when: `expires_at <= $1 or ended_at <= $1 - interval '1 day'` },
  { table: 'refresh_token', key: 'token_hash', when: 'expires_at <= $1' },
  { table: 'operator_sign_in', key: 'token_hash', when: 'expires_at <= $1' },
  { table: 'invitation', key: 'id', when: 'expires_at <= $1' },
  { table: 'idempotent_answer', key: '(subject, key)', when: 'expires_at <= $1' },
  { table: 'webhook_delivery', key: '(tenant_id, id)', when: `ended_at <= $1::timestamptz - interval '7 days'` },
] as const;

/** Removes them. Several workers may do so at once, and one that is interrupted has removed a part. @returns how many */
export async function removeExpiredRows(
  { database, clock }: { readonly database: Pick<Database, 'acrossTenants'>; readonly clock: Clock },
  signal: AbortSignal,
): Promise<number> {
  let all = 0;
  for (const each of over) {
    let removed = batchRows;
    while (removed === batchRows && !signal.aborted) {
      removed = await removeSome(database, each, new Date(clock.now()));
      all += removed;
    }
  }
  return all;
}

async function removeSome(
  database: Pick<Database, 'acrossTenants'>,
  { table, key, when }: (typeof over)[number],
  now: Date,
): Promise<number> {
  const columns = key.replace(/[()]/g, '');
  return database.acrossTenants(async (transaction) => {
    const { rowCount } = await transaction.query(
      `delete from ${table} where ${key} in (select ${columns} from ${table} where ${when} limit $2)`,
      [now, batchRows],
    );
    return rowCount ?? 0;
  });
}
