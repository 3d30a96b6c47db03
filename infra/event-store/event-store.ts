import { notifyOnceCommitted } from '#infra/database/notifications.ts';
import { commitBehind, type Transaction } from '#infra/database/pool.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { newId, tenantId, type TenantId } from '#infra/kernel/ids.ts';
import type { EncodedEvent, EventCodec, EventOf, EventTypes, StreamKey } from './event-types.ts';

/**
 * A place in the order over all streams: first by transaction, then by position, because a smaller position may be
 * committed later. Decimal numbers, as PostgreSQL writes a bigint.
 */
export interface Place {
  readonly transaction: string;
  readonly position: string;
}

/** An event as it is stored: what tells of a person is sealed. */
export interface RecordedEvent extends EncodedEvent {
  readonly tenant: TenantId;
  readonly stream: string;
  /** In its stream, from 1. */
  readonly version: number;
  /** Milliseconds since the epoch, by the clock of whoever appended it; never earlier than the event before it. */
  readonly atMs: number;
  /** `evt_…` */
  readonly id: string;
  readonly place: Place;
  /** The part that can open `sealed` and `snapshot`; null if nothing is sealed. */
  readonly sealedBy: string | null;
  /** The state after this event, sealed; after most there is none. */
  readonly snapshot: Uint8Array | null;
}

export interface Append<Types extends EventTypes> {
  /** In the order in which they happened; at least one. */
  readonly events: readonly EventOf<Types>[];
  /** The version that the stream must have (0: no event yet), or `any` if something else keeps changes apart. */
  readonly expected: number | 'any';
  readonly atMs: number;
  /** The state after the last of them, if it is to be stored: from there on a reader can go on. */
  readonly snapshot?: unknown;
  /** Whether the transaction ends with it: the commit is sent with the events (`commitBehind`). Only with `any`. */
  readonly commits?: boolean;
}

/**
 * Appends to a stream in the caller's transaction: the events are there if and only if the caller's own changes are. To
 * be used in a transaction of the tenant, after `whileSealing` (security/keyring/rotation.ts) if anything is sealed.
 * @returns the version of the stream, which is that of the last event
 * @throws event.conflict (409): the stream has another version than expected, or somebody appends at the same time; the
 *   transaction has to be given up. event.too-large, keyring.*
 */
export async function append<Types extends EventTypes>(
  transaction: Transaction,
  codec: EventCodec<Types>,
  stream: StreamKey,
  { events, expected, atMs, snapshot, commits = false }: Append<Types>,
): Promise<number> {
  const ids = events.map(() => newId('evt', atMs));
  const encoded = await Promise.all(events.map((event, index) => codec.encode(stream, ids[index] ?? '', event)));
  const last = ids.at(-1) ?? '';
  const state = snapshot === undefined ? null : await codec.sealSnapshot(stream, last, snapshot);
  // One text and one run of bytes: an array of each column takes twice the time, here and in PostgreSQL.
  const sealed = encoded.flatMap((each) => each.sealed ?? []);
  let sealedAt = 1;
  const given = encoded.map((each, index) => {
    const head = `${JSON.stringify([ids[index], each.type, each.schemaVersion]).slice(0, -1)},${each.facts}`;
    if (!each.sealed) return `${head}]`;
    const at = sealedAt;
    sealedAt += each.sealed.length;
    return `${head},${at},${each.sealed.length}]`;
  });
  const appended = transaction.query<{ version: number }>({
    name: expected === 'any' ? 'append-events' : 'append-expected-events',
    text: expected === 'any' ? appendToAny : appendToExpected,
    values: [
      stream.tenant,
      stream.stream,
      events.length,
      new Date(atMs),
      `[${given.join()}]`,
      Buffer.concat(sealed),
      codec.keeper,
      state && bytesOf(state),
      ...(expected === 'any' ? [] : [expected]),
    ],
  });
  // With an expected version, the result decides whether to commit.
  if (commits && expected === 'any') commitBehind(transaction);
  const { rows } = await appended;
  const version = rows[0]?.version;
  if (version === undefined)
    throw callerFault('event.conflict', 'Somebody else changed this at the same time. Try again.', 409);
  await notifyOnceCommitted(transaction, eventChannel);
  return version;
}

/** Subscribers listen to it. */
export const eventChannel = 'event';

const bytesOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * The stream's row is locked, which is what keeps two appends apart: the time is in the primary key of the events, so that
 * alone would not. Time does not go backwards in a stream, even if two machines disagree about it.
 */
const appending = (head: string): string => `with head as (${head} returning version, at), appended as (
  insert into event (tenant_id, stream, version, at, id, type, schema_version, facts, sealed, sealed_by, snapshot)
  select $1, $2, head.version - $3 + given.number, head.at, given.event ->> 0, given.event ->> 1,
      (given.event ->> 2)::smallint, given.event -> 3,
      substring($6::bytea from (given.event ->> 4)::int for (given.event ->> 5)::int),
      case when given.event -> 4 is not null or (given.number = $3 and $8::bytea is not null) then $7 end,
      case when given.number = $3 then $8::bytea end
    from head, jsonb_array_elements($5::jsonb) with ordinality as given (event, number)
  order by given.number)
  select version from head`;

const grown = `update set version = event_stream.version + excluded.version, at = greatest(event_stream.at, excluded.at)`;
const appendToAny = appending(`insert into event_stream (tenant_id, stream, version, at)
  values ($1, $2, $3::int, $4) on conflict (tenant_id, stream) do ${grown}`);
const appendToExpected = appending(`insert into event_stream (tenant_id, stream, version, at)
  select $1, $2, $3::int, $4 where $9::int = 0
    or exists (select from event_stream where tenant_id = $1 and stream = $2)
  on conflict (tenant_id, stream) do ${grown} where event_stream.version = $9::int`);

export interface Range {
  /** Only versions above this one; by default 0. */
  readonly after?: number | undefined;
  /** Only what happened since then. */
  readonly fromMs?: number;
  /** Only what had happened by then. */
  readonly upToMs?: number;
  /** At most so many: the first of them, or with `newestFirst` the last. */
  readonly limit: number;
  readonly newestFirst?: boolean;
}

/** The events of a stream in their order, or from the newest on. */
export async function readStream(
  transaction: Transaction,
  { tenant, stream }: StreamKey,
  { after = 0, fromMs, upToMs, limit, newestFirst = false }: Range,
): Promise<RecordedEvent[]> {
  const { rows } = await transaction.query<EventRow>(
    `select ${eventColumns} from event where tenant_id = $1 and stream = $2 and version > $3 and ($4::timestamptz is null
       or at <= $4) and ($5::timestamptz is null or at >= $5) order by version ${newestFirst ? 'desc' : 'asc'} limit $6`,
    [tenant, stream, after, timeOf(upToMs), timeOf(fromMs), limit],
  );
  return rows.map(recorded);
}

/**
 * The newest event of a stream with a snapshot, by then or as of now: the state at any later time is that snapshot and the
 * events after it. Undefined if nothing that old is kept.
 */
export async function lastSnapshot(
  transaction: Transaction,
  { tenant, stream }: StreamKey,
  upToMs?: number,
): Promise<RecordedEvent | undefined> {
  const { rows } = await transaction.query<EventRow>(
    `select ${eventColumns} from event where tenant_id = $1 and stream = $2 and snapshot is not null
       and ($3::timestamptz is null or at <= $3) order by version desc limit 1`,
    [tenant, stream, timeOf(upToMs)],
  );
  return rows[0] && recorded(rows[0]);
}

const timeOf = (timeMs: number | undefined): Date | null => (timeMs === undefined ? null : new Date(timeMs));

/** Events that are deleted in one transaction. */
const deletedAtOnce = 5_000;

/**
 * Deletes some of what a tenant has in streams whose names begin so; to be repeated in further transactions until nothing
 * is left. @param prefix such as `music-session/`
 * @returns whether there may be more
 */
export async function deleteSomeEvents(transaction: Transaction, tenant: TenantId, prefix: string): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `delete from event where tenant_id = $1 and (stream, version, at) in (select stream, version, at from event
       where tenant_id = $1 and starts_with(stream, $2) limit ${deletedAtOnce})`,
    [tenant, prefix],
  );
  if (rowCount === deletedAtOnce) return true;
  await transaction.query('delete from event_stream where tenant_id = $1 and starts_with(stream, $2)', [
    tenant,
    prefix,
  ]);
  return false;
}

/** Columns of an event, for `recorded`. */
export const eventColumns = `tenant_id, stream, version, at, transaction, position, id, type, schema_version, facts,
  sealed_by, sealed, snapshot`;

export interface EventRow {
  readonly tenant_id: string;
  readonly stream: string;
  readonly version: number;
  readonly at: Date;
  readonly transaction: string;
  readonly position: string;
  readonly id: string;
  readonly type: string;
  readonly schema_version: number;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly sealed_by: string | null;
  readonly sealed: Buffer | null;
  readonly snapshot: Buffer | null;
}

export const recorded = (row: EventRow): RecordedEvent => ({
  tenant: tenantId(row.tenant_id),
  stream: row.stream,
  version: row.version,
  atMs: row.at.getTime(),
  id: row.id,
  place: { transaction: row.transaction, position: row.position },
  type: row.type,
  schemaVersion: row.schema_version,
  facts: row.facts,
  sealedBy: row.sealed_by,
  sealed: row.sealed,
  snapshot: row.snapshot,
});
