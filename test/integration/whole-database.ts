import type pg from 'pg';

export interface FoundRow {
  readonly table: string;
  readonly row: string;
}

/** Every row of every table that contains the text, or its bytes, as text; bytes are hexadecimal in it. */
export async function dumpOf(admin: pg.Pool, text: string): Promise<readonly FoundRow[]> {
  const needles = [text, Buffer.from(text).toString('hex'), Buffer.from(text).toString('base64').replace(/=+$/, '')];
  const { rows: tables } = await admin.query<{ table: string }>(
    `select format('%I.%I', schemaname, tablename) as table from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
  );
  const found: FoundRow[] = [];
  for (const { table } of tables) {
    const { rows } = await admin.query<{ row: string }>(`select t::text as row from ${table} t`);
    for (const { row } of rows) if (needles.some((each) => row.includes(each))) found.push({ table, row });
  }
  return found;
}
