import type { Database } from '#infra/database/pool.ts';

/** With more changes than this since the last look, all tenants count as changed. */
const maxChanges = 1_000;

/** The tenants whose status, members or policies have changed. */
export interface PolicyChanges {
  /** Since the last call: tenant ids, or `undefined` alone if there are too many to name. */
  next(): Promise<readonly (string | undefined)[]>;
}

interface Look {
  /** The oldest transaction that this look may not have seen, because it had not ended. */
  readonly horizon: string;
  /** `<tenant>@<transaction>`. */
  readonly changes: readonly string[] | null;
}

/**
 * Reads changes by the transaction that made them (`changed_in`, set by triggers). Transactions end in another order
 * than they begin in, so each look starts with the oldest one that the look before could not see; what it had seen of
 * the younger ones is not reported again.
 */
export async function followChanges(database: Database): Promise<PolicyChanges> {
  let { horizon } = await lookSince(database, undefined);
  let seen: ReadonlySet<string> = new Set();
  return {
    async next() {
      const look = await lookSince(database, horizon);
      const changes = look.changes ?? [];
      const unseen = changes.filter((change) => !seen.has(change));
      horizon = look.horizon;
      seen = new Set(changes);
      if (changes.length > maxChanges) return [undefined];
      return [...new Set(unseen.map((change) => change.slice(0, change.indexOf('@'))))];
    },
  };
}

/** Horizon and changes come from the same snapshot. Without `since`, only the horizon. */
function lookSince(database: Database, since: string | undefined): Promise<Look> {
  return database.acrossTenants(async (transaction) => {
    const { rows } = await transaction.query<Look>(
      `select pg_snapshot_xmin(pg_current_snapshot())::text as horizon,
              (select json_agg(change) from (
                 select id || '@' || changed_in as change from tenant where changed_in >= $1::bigint
                 union all
                 select tenant_id || '@' || changed_in from policy_version where changed_in >= $1::bigint
                 limit $2) as changed) as changes`,
      [since ?? null, maxChanges + 1],
    );
    const look = rows[0];
    if (!look) throw new Error('the database answered nothing');
    return look;
  });
}
