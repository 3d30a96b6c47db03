import type { Database, Transaction } from '#infra/database/pool.ts';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import { journal } from './journal.ts';
import { memberText } from './narrowing.ts';
import { auditRecord, decodeRecord, encodeRecord, type AuditRecord } from './record.ts';
import { erasureAction, withoutMember } from './redaction.ts';

/** An erasure of a member, as somebody has asked for it. */
export interface Erasure {
  readonly id: string;
  readonly tenant: TenantId;
  readonly user: Snowflake;
  /** Records that were journalled until then are redacted. */
  readonly requestedAt: Date;
  readonly by: Pick<AuditRecord, 'actor' | 'requestId'>;
}

export const erasureTarget = (id: string): string => `erasure:${id}`;

/** Rows that are read, or rewritten, in one transaction. */
const pageRows = 100;
/** After this time no further transaction begins. */
const forMs = 5_000;

/**
 * Redacts the records of a tenant's log that name a member, once the log itself has announced how many there are: whoever
 * verifies it later can hold what is redacted against what was announced. Can be interrupted and repeated.
 * @returns false while it waits for the log to be sealed, or if more is left than a few seconds allow; then it is to be
 *   called again
 */
export async function eraseFromLog(
  { database, nowMs }: { readonly database: Pick<Database, 'inTenant'>; readonly nowMs: number },
  erasure: Erasure,
): Promise<boolean> {
  const { tenant } = erasure;
  const size = await database.inTenant(tenant, (transaction) => announced(transaction, erasure));
  if (size === undefined) {
    await database.inTenant(tenant, (transaction) => announce(transaction, erasure, nowMs));
    return false;
  }
  const until = performance.now() + forMs;
  let changed = 0;
  // Without progress the next call would come no further.
  for (let after = -1; changed === 0 || performance.now() < until;) {
    const done = await database.inTenant(tenant, (transaction) => redactSome(transaction, erasure, { after, size }));
    if (done.last === undefined) return true;
    after = done.last;
    changed += done.changed;
  }
  return false;
}

/** The size of the log up to which it was announced that records are redacted; undefined until that is sealed. */
async function announced(transaction: Transaction, { tenant, id }: Erasure): Promise<number | undefined> {
  const { rows } = await transaction.query<{ line: string }>(
    `select line from audit_leaf, string_to_table(record, E'\\n') as line
       where tenant_id = $1 and strpos(record, $2) > 0 and strpos(line, $2) > 0`,
    [tenant, memberText('target', erasureTarget(id))],
  );
  const sizes = rows.flatMap(({ line }) => {
    const size = decodeRecord(line)?.detail?.['size'];
    return typeof size === 'number' ? [size] : [];
  });
  return sizes.length > 0 ? Math.max(...sizes) : undefined;
}

/** Does nothing while earlier records, or another announcement, wait to be sealed. */
async function announce(transaction: Transaction, erasure: Erasure, nowMs: number): Promise<void> {
  const { tenant, id, requestedAt, by } = erasure;
  const target = erasureTarget(id);
  const { rows: waiting } = await transaction.query(
    'select 1 from audit_journal where tenant_id = $1 and (journalled_at <= $2 or strpos(record, $3) > 0) limit 1',
    [tenant, requestedAt, memberText('target', target)],
  );
  if (waiting.length > 0) return;
  const { rows } = await transaction.query<{ size: string | null }>(
    'select max(tree_size) as size from audit_checkpoint where tenant_id = $1',
    [tenant],
  );
  const size = Number(rows[0]?.size ?? 0);
  let records = 0;
  for (let after = -1; ;) {
    const page = await rowsNaming(transaction, erasure, { after, size });
    const last = page.at(-1);
    if (!last) break;
    records += page.reduce((sum, row) => sum + redactionOf(row, erasure.user).places.length, 0);
    after = Number(last.leaf_index);
  }
  const announcement = { tenant, kind: 'change', action: erasureAction, outcome: 'allowed', target } as const;
  await journal(transaction, [auditRecord({ ...announcement, ...by, detail: { records, size } }, nowMs)]);
}

interface Row {
  readonly leaf_index: string;
  readonly record: string;
  readonly redacted: readonly number[] | null;
}

interface Stretch {
  readonly after: number;
  readonly size: number;
}

async function rowsNaming(
  transaction: Transaction,
  { tenant, user }: Erasure,
  { after, size }: Stretch,
  lock: '' | 'for update' = '',
): Promise<Row[]> {
  const { rows } = await transaction.query<Row>(
    `select leaf_index, record, redacted from audit_leaf
       where tenant_id = $1 and leaf_index > $2 and leaf_index < $3 and strpos(record, $4) > 0
       order by leaf_index limit ${pageRows} ${lock}`,
    [tenant, after, size, user],
  );
  return rows;
}

/** @returns how many rows it has changed, and the index of the last that it has looked at */
async function redactSome(
  transaction: Transaction,
  erasure: Erasure,
  stretch: Stretch,
): Promise<{ readonly changed: number; readonly last: number | undefined }> {
  const rows = await rowsNaming(transaction, erasure, stretch, 'for update');
  let changed = 0;
  for (const row of rows) {
    const { places, record } = redactionOf(row, erasure.user);
    if (places.length === 0) continue;
    changed += 1;
    await transaction.query(
      'update audit_leaf set record = $3, redacted = $4 where tenant_id = $1 and leaf_index = $2',
      [erasure.tenant, row.leaf_index, record, [...new Set([...(row.redacted ?? []), ...places])]],
    );
  }
  const last = rows.at(-1);
  return { changed, last: last && Number(last.leaf_index) };
}

/** A row without the member, and the places of the lines that differ. What is no record stays. */
function redactionOf(
  { record }: Row,
  user: Snowflake,
): { readonly places: readonly number[]; readonly record: string } {
  const places: number[] = [];
  const lines = record.split('\n').map((line, place) => {
    const found = line.includes(user) ? decodeRecord(line) : undefined;
    const redacted = found && withoutMember(found, user);
    if (!redacted) return line;
    places.push(place);
    return encodeRecord(redacted);
  });
  return { places, record: lines.join('\n') };
}

/** The record that says that nothing of the member is left. */
const erasedRecord = ({ id, tenant, by }: Omit<Erasure, 'user' | 'requestedAt'>, nowMs: number): AuditRecord =>
  auditRecord(
    { tenant, kind: 'change', action: erasureAction, outcome: 'succeeded', target: erasureTarget(id), ...by },
    nowMs,
  );

/** Records the end of an erasure, unless an attempt before has: whoever was killed after it does so again. */
export async function recordErased(
  transaction: Transaction,
  erasure: Omit<Erasure, 'user' | 'requestedAt'>,
  nowMs: number,
): Promise<void> {
  const { rows } = await transaction.query<{ line: string }>(
    `select line from (
         select record from audit_journal where tenant_id = $1
         union all select record from audit_leaf where tenant_id = $1 and strpos(record, $2) > 0) as known,
       string_to_table(record, E'\n') as line
     where strpos(line, $2) > 0`,
    [erasure.tenant, memberText('target', erasureTarget(erasure.id))],
  );
  if (rows.some(({ line }) => decodeRecord(line)?.outcome === 'succeeded')) return;
  await journal(transaction, [erasedRecord(erasure, nowMs)]);
}
