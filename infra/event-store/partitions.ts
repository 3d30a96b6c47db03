import type { Database } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';

const dayMs = 24 * 60 * 60_000;
/** How long events are kept, at least; a partition goes when all of its week is older. */
export const eventsKeptDays = 90;
/** Partitions are made so far ahead that nobody who was away for a week is missed. */
const aheadDays = 14;

/**
 * Makes the partitions of the coming weeks and drops those whose events need not be kept; several processes may do so.
 * Until it is done again after a failure, events go into the partition of the rest.
 * @returns how many were made and dropped
 */
export function keepPartitions({
  database,
  clock,
}: {
  readonly database: Pick<Database, 'acrossTenants'>;
  readonly clock: Clock;
}): Promise<{ readonly made: number; readonly dropped: number }> {
  const now = clock.now();
  return database.acrossTenants(async (transaction) => {
    const made = await transaction.query<{ made: number }>('select make_event_partitions($1, $2) as made', [
      new Date(now),
      new Date(now + aheadDays * dayMs),
    ]);
    const dropped = await transaction.query<{ dropped: number }>('select drop_event_partitions($1) as dropped', [
      new Date(now - eventsKeptDays * dayMs),
    ]);
    return { made: made.rows[0]?.made ?? 0, dropped: dropped.rows[0]?.dropped ?? 0 };
  });
}
