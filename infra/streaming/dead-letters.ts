import { z } from 'zod';
import type { Database, Transaction } from '#infra/database/pool.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { newId } from '#infra/kernel/ids.ts';
import type { CarrierName } from './carrier.ts';
import { takeIn } from './inbox.ts';
import { streamedEventSchema, type StreamedEvent } from './streamed-event.ts';

/** So many that were not believed are kept of each consumer: who can send them must not be able to fill the database. */
const mostDisbelieved = 1_000;
const detailLength = 500;
const keptForMs = 90 * 24 * 60 * 60_000;

export interface DeadLetter {
  readonly consumer: string;
  readonly carrier: CarrierName;
  /** Where it was: `topic/partition/offset`, or a stream and a version of it. */
  readonly origin: string;
  /** Stable: `handler`, or why the consumer was not given it. */
  readonly reason: string;
  readonly detail: string;
  /** Absent if it was not believed. */
  readonly event?: StreamedEvent;
}

export const deadLetterSchema = z.object({
  id: z.string(),
  consumer: z.string(),
  carrier: z.string(),
  origin: z.string(),
  reason: z.string(),
  detail: z.string(),
  tenant: z.string().nullable(),
  /** Null if it was not believed: then it cannot be replayed. */
  event: z
    .object({
      id: z.string(),
      type: z.string(),
      stream: z.string(),
      version: z.number().int(),
      at: z.iso.datetime(),
    })
    .nullable(),
  at: z.iso.datetime(),
  replayedAt: z.iso.datetime().nullable(),
});
export type ShownDeadLetter = z.infer<typeof deadLetterSchema>;

interface Row {
  readonly id: string;
  readonly consumer: string;
  readonly carrier: CarrierName;
  readonly origin: string;
  readonly reason: string;
  readonly detail: string;
  readonly tenant_id: string | null;
  readonly event: unknown;
  readonly at: Date;
  readonly replayed_at: Date | null;
}

/**
 * In the transaction in which the consumer goes past it. Of a tenant that is gone, nothing is kept; and an event is kept once for each
 * reason, however often it is sent.
 */
export async function bury(transaction: Transaction, letter: DeadLetter, nowMs: number): Promise<void> {
  const { consumer, carrier, origin, reason, detail, event } = letter;
  await transaction.query(
    `insert into event_dead_letter (id, consumer, carrier, origin, reason, detail, tenant_id, event, at)
       select $1, $2, $3, $4, $5, $6, $7::text, $8, $9 where case when $7::text is null
         then (select count(*) from event_dead_letter where consumer = $2 and tenant_id is null) < ${mostDisbelieved}
         else exists (select from tenant where id = $7) and not exists (select from event_dead_letter
           where consumer = $2 and tenant_id = $7 and reason = $5 and event->>'id' = $8::jsonb->>'id') end`,
    [
      newId('edl', nowMs),
      consumer,
      carrier,
      origin,
      reason,
      detail.slice(0, detailLength).replaceAll('\u0000', ''),
      event?.tenant ?? null,
      event ? JSON.stringify(event) : null,
      new Date(nowMs),
    ],
  );
}

/** Newest first: those with smaller ids than `after`. */
export const deadLetterPageSchema = z.object({
  after: z.string().optional(),
  take: z.coerce.number().int().min(1).max(201),
});

export async function listDeadLetters(
  database: Pick<Database, 'queryAcrossTenants'>,
  page: z.infer<typeof deadLetterPageSchema>,
): Promise<ShownDeadLetter[]> {
  const rows = await database.queryAcrossTenants<Row>({
    text: 'select * from event_dead_letter where $1::text is null or id < $1 order by id desc limit $2',
    values: [page.after ?? null, page.take],
  });
  return rows.map(show);
}

/**
 * Has a consumer handle an event that it could not handle before; marked as replayed in the same transaction, so once.
 * @throws dead-letter.unknown (404), dead-letter.replayed, dead-letter.not-believed, dead-letter.no-consumer (409), and
 *   what the consumer throws
 */
export async function replayDeadLetter(
  database: Pick<Database, 'acrossTenants'>,
  id: string,
  handlers: ReadonlyMap<string, (transaction: Transaction, events: readonly StreamedEvent[]) => Promise<void>>,
  nowMs: number,
): Promise<ShownDeadLetter> {
  return database.acrossTenants(async (transaction) => {
    const { rows } = await transaction.query<Row>('select * from event_dead_letter where id = $1 for update', [id]);
    const [row] = rows;
    if (!row) throw callerFault('dead-letter.unknown', 'There is no such dead letter. They are kept for 90 days.', 404);
    if (row.replayed_at) throw callerFault('dead-letter.replayed', 'This dead letter was replayed already.', 409);
    if (row.event === null)
      throw callerFault(
        'dead-letter.not-believed',
        'Nobody knows who sent this, so it cannot be replayed. If it was a real event, it is in the event store.',
        409,
      );
    const handle = handlers.get(row.consumer);
    if (!handle)
      throw callerFault('dead-letter.no-consumer', `There is no consumer ${row.consumer} in this release.`, 409);
    const event = streamedEventSchema.parse(row.event);
    // What was refused for its schema may have come again in the meantime, and was handled then.
    const isFresh = row.reason === 'handler' || (await takeIn(transaction, row.consumer, [event.id])).size > 0;
    if (isFresh) await handle(transaction, [event]);
    const at = new Date(nowMs);
    await transaction.query('update event_dead_letter set replayed_at = $2 where id = $1', [id, at]);
    return show({ ...row, replayed_at: at });
  });
}

/** Removes those of more than ninety days ago, as old as the event store's oldest events. @returns how many */
export const pruneDeadLetters = (database: Pick<Database, 'acrossTenants'>, nowMs: number): Promise<number> =>
  database.acrossTenants(async (transaction) => {
    const { rowCount } = await transaction.query('delete from event_dead_letter where at < $1', [
      new Date(nowMs - keptForMs),
    ]);
    return rowCount ?? 0;
  });

function show(row: Row): ShownDeadLetter {
  const event = row.event === null ? null : streamedEventSchema.parse(row.event);
  return {
    id: row.id,
    consumer: row.consumer,
    carrier: row.carrier,
    origin: row.origin,
    reason: row.reason,
    detail: row.detail,
    tenant: row.tenant_id,
    event: event && {
      id: event.id,
      type: event.type,
      stream: event.stream,
      version: event.version,
      at: new Date(event.atMs).toISOString(),
    },
    at: row.at.toISOString(),
    replayedAt: row.replayed_at?.toISOString() ?? null,
  };
}
