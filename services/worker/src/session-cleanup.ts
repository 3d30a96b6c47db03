import type { Database } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { statisticsDays } from '#services/contracts/statistics.ts';

/** Rows per statement: a long-neglected table is emptied without holding locks for long. */
const batchRows = 1_000;

/**
 * What has expired, by table and key: sessions, sign-ins with their refresh tokens, invitations that nobody accepted,
 * stored responses, deliveries of webhooks, windows that no reader looks back to.
 */
const over = [
  { table: 'api_session', key: 'token_hash', when: 'expires_at <= $1' },
  { table: 'sign_in', key: 'id', when: `expires_at <= $1 or ended_at <= $1 - interval '1 day'` },
  { table: 'refresh_token', key: 'token_hash', when: 'expires_at <= $1' },
  { table: 'operator_sign_in', key: 'token_hash', when: 'expires_at <= $1' },
  { table: 'invitation', key: 'id', when: 'expires_at <= $1' },
  { table: 'idempotent_answer', key: '(subject, key)', when: 'expires_at <= $1' },
  { table: 'webhook_delivery', key: '(tenant_id, id)', when: `ended_at <= $1::timestamptz - interval '7 days'` },
  { table: 'window_pane', key: '(tenant_id, name, at, key)', when: `at <= $1::timestamptz - interval '2 days'` },
] as const;

/** Read models and lists of days that begin before events are no longer kept, which they cannot be rebuilt from. */
const old = [
  {
    table: 'play_statistics',
    key: '(tenant_id, generation, guild_id, at, kind)',
    when: `at < $1::timestamptz - interval '${statisticsDays} days'`,
  },
  {
    table: 'track_list',
    key: '(tenant_id, owner, list)',
    when: `starts_with(list, 'played-') and
      list < 'played-' || to_char(($1::timestamptz - interval '${statisticsDays} days') at time zone 'UTC', 'YYYY-MM-DD')`,
  },
] as const;

type Kind = (typeof over)[number] | (typeof old)[number];
interface CleanupPorts {
  readonly database: Pick<Database, 'acrossTenants'>;
  readonly clock: Clock;
}

/** Removes what has expired, as `remove`. */
export const removeExpiredRows = (ports: CleanupPorts, signal: AbortSignal): Promise<number> =>
  remove(over, ports, signal);

/** Removes statistics that are no longer shown, as `remove`. */
export const removeOldStatistics = (ports: CleanupPorts, signal: AbortSignal): Promise<number> =>
  remove(old, ports, signal);

/** Several workers may do so at once, and one that is interrupted has removed a part. @returns how many */
async function remove(kinds: readonly Kind[], { database, clock }: CleanupPorts, signal: AbortSignal): Promise<number> {
  let all = 0;
  for (const each of kinds) {
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
  { table, key, when }: Kind,
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
