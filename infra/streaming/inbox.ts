import type { Database, Transaction } from '#infra/database/pool.ts';
import { acceptedForMs, signsForMs } from './event-keys.ts';

/** Longer than any event is accepted that is sent again. */
const keptForMs = acceptedForMs + 2 * signsForMs;
const deletedAtOnce = 5_000;

/**
 * Takes in the events that this consumer has not had; they count as had if the transaction commits. Waits for another
 * process that takes in the same one, which decides who has it.
 * @returns the ids of those that are new to it
 */
export async function takeIn(
  transaction: Transaction,
  consumer: string,
  eventIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await transaction.query<{ event_id: string }>({
    name: 'take-in-events',
    // In one order, so that two processes with the same events do not wait for each other.
    text: `insert into event_inbox (consumer, event_id) select $1, id from unnest($2::text[]) as id order by id
           on conflict do nothing returning event_id`,
    values: [consumer, eventIds],
  });
  return new Set(rows.map(({ event_id: id }) => id));
}

/** Forgets what cannot be sent again, and the keys with which it was signed. @returns how many rows were removed */
export async function pruneInbox(
  database: Pick<Database, 'acrossTenants'>,
  nowMs: number,
  signal: AbortSignal,
): Promise<number> {
  let all = 0;
  for (let removed = deletedAtOnce; removed === deletedAtOnce && !signal.aborted; all += removed)
    removed = await database.acrossTenants(async (transaction) => {
      const { rowCount } = await transaction.query(
        `delete from event_inbox where (consumer, event_id) in
           (select consumer, event_id from event_inbox where at < $1 limit ${deletedAtOnce})`,
        [new Date(nowMs - keptForMs)],
      );
      return rowCount ?? 0;
    });
  return database.acrossTenants(async (transaction) => {
    const { rowCount } = await transaction.query('delete from event_key where expires_at <= $1', [new Date(nowMs)]);
    return all + (rowCount ?? 0);
  });
}
