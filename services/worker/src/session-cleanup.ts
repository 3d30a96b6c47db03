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

/** Rows of one statement: a long neglected table is emptied without holding locks for long. */
const batchRows = 1_000;

/** Removes portal and API sessions that are over, at start and every minute; several workers may do so at once. */
export function startSessionCleanup(options: SessionCleanupOptions): AsyncDisposable {
  const { database, clock, logger, everyMs = 60_000, onRemoved } = options;
  const stop = new AbortController();
  let cancel: (() => void) | undefined;
  const round = async (): Promise<void> => {
    try {
      let removed = batchRows;
      while (removed === batchRows && !stop.signal.aborted) {
        removed = await removeExpired(database, new Date(clock.now()));
        if (removed > 0) onRemoved?.(removed);
      }
    } catch (error) {
      logger.error({ err: error }, 'expired sessions could not be removed');
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

async function removeExpired(database: Pick<Database, 'acrossTenants'>, now: Date): Promise<number> {
  return database.acrossTenants(async (transaction) => {
    const { rowCount } = await transaction.query(
      'delete from api_session where token_hash in (select token_hash from api_session where expires_at <= $1 limit $2)',
      [now, batchRows],
    );
    return rowCount ?? 0;
  });
}
