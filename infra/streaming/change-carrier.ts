import type { Transaction } from '#infra/database/pool.ts';
import { acceptedForMs, signsForMs } from './event-keys.ts';

/** The subscription that brings events from the event store to Kafka. */
export const relayName = 'event-relay';
export const relayLanes = 4;

/**
 * Kafka is configured: what brings events there begins where the first of the consumers is. What the others have had
 * already, their inboxes know.
 */
export async function changeToRelay(transaction: Transaction, consumers: readonly string[]): Promise<void> {
  await transaction.query(
    `insert into event_subscription (name, lane, lanes, transaction, position)
       select $1, lane, $2::int, first.transaction, first.position from generate_series(0, $2::int - 1) as lane,
         (select transaction, position from event_subscription where name = any($3) order by 1, 2 limit 1) as first
       where not exists (select from event_subscription where name = $1)
     on conflict (name, lane) do nothing`,
    [relayName, relayLanes, consumers],
  );
}

/**
 * Kafka is not configured any more: what it has not delivered yet, consumers read from the event store. They begin where
 * they were before Kafka, but not earlier than their inboxes reach.
 */
export async function changeFromRelay(
  transaction: Transaction,
  consumers: readonly string[],
  nowMs: number,
): Promise<void> {
  const { rows } = await transaction.query('delete from event_subscription where name = $1 returning lane', [
    relayName,
  ]);
  if (rows.length === 0) return;
  await transaction.query(
    `update event_subscription as s set transaction = first.transaction, position = first.position
       from (select transaction, position - 1 as position from event where at >= $2
         order by event.transaction, event.position limit 1) as first
       where s.name = any($1) and (s.transaction, s.position) < (first.transaction, first.position)`,
    [consumers, new Date(nowMs - acceptedForMs - signsForMs)],
  );
}
