import type { Database } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';

const dayMs = 24 * 60 * 60_000;
/** How long events are kept, at least; a partition goes when all of its week is older. */
export const eventsKeptDays = 90;
/** Partitions are made so far ahead that nobody who was away for a week is missed. */
const aheadDays = 14;

export interface PartitionOptions {
  readonly database: Pick<Database, 'acrossTenants'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs?: number;
}

/**
 * Makes the partitions of the coming weeks and drops those whose events need not be kept, at start and every hour; several
 * processes may do so. What fails is tried again: until then, events go into the partition of the rest.
 */
export function keepPartitions(options: PartitionOptions): AsyncDisposable {
  const { database, clock, logger, everyMs = 60 * 60_000 } = options;
  let cancel: (() => void) | undefined;
  let isClosed = false;
  const round = async (): Promise<void> => {
    const now = clock.now();
    try {
      await database.acrossTenants(async (transaction) => {
        await transaction.query('select make_event_partitions($1, $2)', [
          new Date(now),
          new Date(now + aheadDays * dayMs),
        ]);
        await transaction.query('select drop_event_partitions($1)', [new Date(now - eventsKeptDays * dayMs)]);
      });
    } catch (error) {
      logger.error({ err: error }, 'could not make or drop partitions of events; tried again');
    }
  };
  let running: Promise<void> | undefined;
  const run = (): void => {
    running = round().then(() => {
      if (!isClosed) cancel = clock.after(everyMs, run);
    });
  };
  run();
  return {
    async [Symbol.asyncDispose]() {
      isClosed = true;
      cancel?.();
      await running;
    },
  };
}
