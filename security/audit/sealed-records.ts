import type { Database } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { selects, selectsAll, type Selection } from './export-format.ts';
import { memberText, sqlOf, type Narrowing } from './narrowing.ts';
import { decodeRecord, type AuditRecord } from './record.ts';

/** A leaf of a tenant's log, as shown to people. */
export interface SealedRecord {
  /** Its index in the log. */
  readonly index: number;
  /** When it was sealed: RFC 3339, UTC, milliseconds. */
  readonly sealedAt: string;
  /** null for a leaf that is not a record: an unrestricted list shows it, and the export contains its text. */
  readonly record: AuditRecord | null;
}

export interface RecordsQuery {
  readonly database: Pick<Database, 'inTenant'>;
  readonly tenant: TenantId;
  readonly selection: Selection;
  /** Further conditions on the records. */
  readonly narrowings?: readonly Narrowing[];
  /** Leaves to examine: a rare match in a long log is found over several calls, none of which takes long. */
  readonly lookedAt?: number;
}

export interface RecordsBefore {
  /** Newest first. */
  readonly records: readonly SealedRecord[];
  /** Where to continue: look before this index. Undefined if the beginning of the log was reached. */
  readonly before: number | undefined;
}

export interface RecordsFrom {
  /** Oldest first. */
  readonly records: readonly SealedRecord[];
  /** The first index that was not examined. */
  readonly next: number;
  /** Whether there is more already. */
  readonly more: boolean;
}

const defaultLookedAt = 50_000;

/** The newest records in the selection before an index: at most `limit`, and perhaps fewer than there are. */
export async function recordsBefore(
  query: RecordsQuery,
  before: number | undefined,
  limit: number,
): Promise<RecordsBefore> {
  const end = before ?? (await sizeOf(query));
  const start = Math.max(0, end - (query.lookedAt ?? defaultLookedAt));
  const records = await read(query, { start, end, limit, order: 'desc' });
  const last = records.at(-1);
  const reached = records.length === limit && last ? last.index : start;
  return { records: chosen(query, records), before: reached > 0 ? reached : undefined };
}

/** The records in the selection from an index on, in the order in which they were sealed. */
export async function recordsFrom(query: RecordsQuery, from: number, limit: number): Promise<RecordsFrom> {
  const size = await sizeOf(query);
  const end = Math.min(size, from + (query.lookedAt ?? defaultLookedAt));
  if (from >= end) return { records: [], next: from, more: false };
  const records = await read(query, { start: from, end, limit, order: 'asc' });
  const last = records.at(-1);
  const next = records.length === limit && last ? last.index + 1 : end;
  return { records: chosen(query, records), next, more: next < size };
}

/** The number of leaves in the tenant's log. */
export async function sizeOf({ database, tenant }: Pick<RecordsQuery, 'database' | 'tenant'>): Promise<number> {
  const { rows } = await database.inTenant(tenant, (transaction) =>
    transaction.query<{ size: string }>(
      'select tree_size as size from audit_checkpoint where tenant_id = $1 order by tree_size desc limit 1',
      [tenant],
    ),
  );
  return Number(rows[0]?.size ?? 0);
}

interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly limit: number;
  readonly order: 'asc' | 'desc';
}

async function read(query: RecordsQuery, stretch: Stretch): Promise<SealedRecord[]> {
  const { database, tenant } = query;
  const likely = likelyMatches(query, 5);
  const { rows } = await database.inTenant(tenant, (transaction) =>
    transaction.query<{ leaf: string; line: string; sealed_at: Date }>(
      // A row holds several leaves, one per line: the row that contains `start` may begin before it.
      `select leaf_index + place - 1 as leaf, line, sealed_at
       from audit_leaf, string_to_table(record, E'\\n') with ordinality as part (line, place)
       where tenant_id = $1 and leaf_index < $3 and leaf_index >=
           coalesce((select max(leaf_index) from audit_leaf where tenant_id = $1 and leaf_index <= $2), 0)
         and leaf_index + place - 1 >= $2 and leaf_index + place - 1 < $3 ${likely.where}
       order by leaf_index ${stretch.order}, place ${stretch.order} limit $4`,
      [tenant, stretch.start, stretch.end, stretch.limit, ...likely.values],
    ),
  );
  return rows.map((row) => ({
    index: Number(row.leaf),
    sealedAt: row.sealed_at.toISOString(),
    record: decodeRecord(row.line) ?? null,
  }));
}

/**
 * Conditions that hold for every record in the selection, and for few others: in canonical JSON a field with this value
 * is written in exactly one way, and never within a text, since quotes in texts are escaped. Unlike a cast, they do not
 * fail for what is not JSON.
 */
function likelyMatches(
  { selection, narrowings = [] }: RecordsQuery,
  firstParameter: number,
): { where: string; values: string[] } {
  const { from, to, kind, action, outcome, actor, guild } = selection;
  const parts: string[] = [];
  const values: string[] = [];
  const parameter = (value: string) => `$${firstParameter + values.push(value) - 1}`;
  const member = (name: string, value: string | undefined) => {
    if (value !== undefined) parts.push(`strpos(line, ${parameter(memberText(name, value))}) > 0`);
  };
  member('kind', kind);
  member('action', action);
  member('outcome', outcome);
  member('id', actor);
  member('guild', guild);
  // `time` comes after everything else that could contain a member of that name.
  const time = `(left(split_part(line, '"time":"', -1), 24) collate "C")`;
  if (from !== undefined) parts.push(`${time} >= ${parameter(from)}`);
  if (to !== undefined) parts.push(`${time} < ${parameter(to)}`);
  for (const narrowing of narrowings) parts.push(...sqlOf(narrowing, parameter));
  return { where: parts.map((part) => `and ${part}`).join(' '), values };
}

function chosen({ selection, narrowings = [] }: RecordsQuery, records: readonly SealedRecord[]): SealedRecord[] {
  if (selectsAll(selection) && narrowings.length === 0) return [...records];
  return records.filter(
    ({ record }) =>
      record !== null && selects(selection, record) && narrowings.every((narrowing) => narrowing.holds(record)),
  );
}
