import type { Database } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';

export interface SessionCleanupOptions {
  readonly database: Pick<Database, 'acrossTenants'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs?: number;
  readonly onRemoved?: (sessions: number) => void;
}

/** Rows per statement: a long-neglected table is emptied without holding locks for long. */
const batchRows = 1_000;

/**
 * What has expired, by table and key: sessions, sign-ins with their refresh tokens, invitations that nobody accepted,
 * stored responses.
 */
const over = [
  { table: 'api_session', key: 'token_hash', when: 'expires_at <= $1' },
  { table: 'sign_in', key: 'id', when: `expires_at <= $1 or ended_at <= $1 - interval '1 day'` },
  { table: 'refresh_token', key: 'token_hash', when: 'expires_at <= $1' },
  { table: 'operator_sign_in', key: 'token_hash', when: 'expires_at <= $1' },
  { table: 'invitation', key: 'id', when: 'expires_at <= $1' },
  { table: 'idempotent_answer', key: '(subject, key)', when: 'expires_at <= $1' },
] as const;

/** Removes them, at start and every minute; several workers may do so at once. */
export function startSessionCleanup(options: SessionCleanupOptions): AsyncDisposable {
  const { database, clock, logger, everyMs = 60_000, onRemoved } = options;
  const stop = new AbortController();
  let cancel: (() => void) | undefined;
  const round = async (): Promise<void> => {
    try {
      for (const each of over) {
        let removed = batchRows;
        while (removed === batchRows && !stop.signal.aborted) {
          removed = await removeExpired(database, each, new Date(clock.now()));
          if (removed > 0) onRemoved?.(removed);
        }
      }
    } catch (error) {
      logger.error({ err: error }, 'could not remove expired sessions');
    }
  };
  let running: Promise<void> | undefined;
  const run = (): void => {
    running = round().then(() => {
      if (!stop.signal.aborted) cancel = clock.after(everyMs, run);
    });
  };
  run();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      cancel?.();
      await running;
    },
  };
}

async function removeExpired(
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
