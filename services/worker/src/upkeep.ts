import type { Database } from '#infra/database/pool.ts';

/** Rows changed since the last analysis, as a part of the table, from which on the planner's idea of it is stale. */
const staleFrom = 0.1;
/** Dead rows, as a part of the table, from which on an operator should look why vacuum does not keep up. */
const bloatedFrom = 0.5;
const smallRows = 10_000;
/** For one table. */
const withinMin = 10;

interface Row {
  readonly table: string;
  readonly stale: boolean;
  readonly bloated: boolean;
}

/**
 * Analyses the tables whose statistics are stale, one by one, and names those in which more rows are dead than should be:
 * something keeps vacuum from removing them, such as a transaction or a replication slot that nobody ends.
 */
export async function keepUpDatabase(
  database: Pick<Database, 'acrossTenants' | 'queryAcrossTenants'>,
  signal: AbortSignal,
): Promise<string> {
  const rows = await database.queryAcrossTenants<Row>({
    text: `select relname as table, n_mod_since_analyze > $1::float * n_live_tup + 1000 as stale,
             n_dead_tup > $2::float * n_live_tup and n_dead_tup > $3::int as bloated
           from pg_stat_user_tables where schemaname = 'public' order by relname`,
    values: [staleFrom, bloatedFrom, smallRows],
  });
  const stale = rows.filter((row) => row.stale);
  for (const { table } of stale) {
    signal.throwIfAborted();
    // Names of our own tables: nothing to escape.
    await database.acrossTenants(async (transaction) => {
      await transaction.query(`set local statement_timeout = '${withinMin}min'`);
      await transaction.query(`analyze public.${table}`);
    });
  }
  const bloated = rows.filter((row) => row.bloated).map(({ table }) => table);
  const looked = `Looked at ${rows.length} tables and analysed ${stale.length}.`;
  return bloated.length === 0
    ? looked
    : `${looked} Many rows are dead in ${bloated.join(', ')}: vacuum cannot keep up.`;
}
