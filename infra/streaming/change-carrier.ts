import type { Transaction } from '#infra/database/pool.ts';
import { acceptedForMs, signsForMs } from './event-keys.ts';

/** The subscription that brings events from the event store to Kafka. */
export const relayName = 'event-relay';
export const relayLanes = 4;
/** How many processes can work for a consumer at once. */
export const consumerLanes = 4;

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
  const { rows: first } = await transaction.query<{ transaction: string; position: string }>(
    'select transaction, position - 1 as position from event where at >= $1 order by transaction, event.position limit 1',
    [new Date(nowMs - acceptedForMs - signsForMs)],
  );
  if (!first[0]) return;
  const place = [consumers, first[0].transaction, first[0].position];
  await transaction.query(
    `update event_subscription set transaction = $2, position = $3
       where name = any($1) and (transaction, position) < ($2::bigint, $3::bigint)`,
    place,
  );
  // Those who have known nothing but Kafka.
  await transaction.query(
    `insert into event_subscription (name, lane, lanes, transaction, position)
       select name, lane, ${consumerLanes}, $2, $3 from unnest($1::text[]) as name, generate_series(0, ${consumerLanes - 1}) as lane
         where not exists (select from event_subscription as s where s.name = name.name)`,
    place,
  );
}
