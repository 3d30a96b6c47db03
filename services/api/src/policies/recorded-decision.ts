import type { Database, Transaction } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { memberText } from '#security/audit/narrowing.ts';
import { decodeRecord, type AuditRecord } from '#security/audit/record.ts';

/** Sealing follows a decision within a second; the clocks of two machines may differ a little. */
const clockSlackMs = 10_000;
/** Leaves that are searched after the time of a decision: a worker that was unavailable leaves its backlog there. */
const lookedAt = 200_000;

/**
 * The first record that a decision is in, in the tenant's sealed log. The decision's id contains its time, and leaves
 * are sealed in order of time, so the place is found without an index of the records' contents.
 */
export async function recordedDecision(
  database: Pick<Database, 'inTenant'>,
  tenant: TenantId,
  decision: string,
  decidedAtMs: number,
): Promise<AuditRecord | undefined> {
  const [line] = await linesOf(database, { tenant, decision, decidedAtMs, has: '', order: 'asc', limit: 1 });
  return line === undefined ? undefined : decodeRecord(line);
}

/** What was allowed and then not done, newest first. */
export async function failuresUnder(
  database: Pick<Database, 'inTenant'>,
  tenant: TenantId,
  decision: string,
  decidedAtMs: number,
): Promise<readonly AuditRecord[]> {
  const has = memberText('outcome', 'failed');
  const lines = await linesOf(database, { tenant, decision, decidedAtMs, has, order: 'desc', limit: mostFailures });
  return lines.flatMap((line) => decodeRecord(line) ?? []);
}

export const mostFailures = 10;

interface Wanted {
  readonly tenant: TenantId;
  readonly decision: string;
  readonly decidedAtMs: number;
  readonly has: string;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
}

function linesOf(
  database: Pick<Database, 'inTenant'>,
  { tenant, decision, decidedAtMs, has, order, limit }: Wanted,
): Promise<readonly string[]> {
  return database.inTenant(tenant, async (transaction) => {
    const size = await sizeOf(transaction, tenant);
    const start = await firstSealedSince(transaction, tenant, size, decidedAtMs - clockSlackMs);
    const { rows } = await transaction.query<{ record: string }>(
      // A row holds several leaves, one per line; the one that contains a position may begin before it.
      `select line as record from audit_leaf, string_to_table(record, E'\\n') with ordinality as part (line, place)
       where tenant_id = $1 and leaf_index < $3 and leaf_index >=
           coalesce((select max(leaf_index) from audit_leaf where tenant_id = $1 and leaf_index <= $2), 0)
         and strpos(record, $4) > 0 and strpos(line, $4) > 0 and strpos(line, $5) > 0
       order by leaf_index ${order}, place ${order} limit $6`,
      [tenant, start, start + lookedAt, memberText('decision', decision), has, limit],
    );
    return rows.map(({ record }) => record);
  });
}

/** The index of the first leaf that was sealed at this time or later; the size of the log without one. */
export const firstLeafSince = (
  database: Pick<Database, 'inTenant'>,
  tenant: TenantId,
  sinceMs: number,
): Promise<number> =>
  database.inTenant(tenant, async (transaction) =>
    firstSealedSince(transaction, tenant, await sizeOf(transaction, tenant), sinceMs),
  );

async function sizeOf(transaction: Transaction, tenant: TenantId): Promise<number> {
  const { rows } = await transaction.query<{ size: string }>(
    'select coalesce(max(tree_size), 0)::text as size from audit_checkpoint where tenant_id = $1',
    [tenant],
  );
  return Number(rows[0]?.size ?? 0);
}

/** Binary search in the log, in one statement: some twenty lookups for a million records. */
async function firstSealedSince(
  transaction: Transaction,
  tenant: TenantId,
  size: number,
  sinceMs: number,
): Promise<number> {
  const { rows } = await transaction.query<{ low: string }>(
    `with recursive search (low, high) as (
       select 0::bigint, $2::bigint
       union all
       select case when sealed < $3 then middle + 1 else low end, case when sealed < $3 then high else middle end
         from search
         cross join lateral (select (low + high) / 2 as middle) as between_both
         cross join lateral (select coalesce((select sealed_at from audit_leaf
           where tenant_id = $1 and leaf_index <= middle order by leaf_index desc limit 1), '-infinity') as sealed) as there
         where low < high
     )
     select low::text from search where low = high`,
    [tenant, size, new Date(sinceMs)],
  );
  return Number(rows[0]?.low ?? size);
}
