import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';

/** Copies the files of a cluster that the doctor examines from the PostgreSQL that the tests run on. */
export async function copyCluster(folder: string): Promise<void> {
  const { data, wal } = await whereTheyAre();
  for (const inside of ['global', 'pg_wal']) await mkdir(path.join(folder, inside), { recursive: true });
  for (const file of ['PG_VERSION', 'global/pg_control', `pg_wal/${wal}`])
    await cp(path.join(data, file), path.join(folder, file));
}

async function whereTheyAre(): Promise<{ data: string; wal: string }> {
  const client = new pg.Client({ connectionString: inject('postgres').adminUrl });
  await client.connect();
  const { rows } = await client.query<{ data: string; wal: string }>(
    "select current_setting('data_directory') as data, pg_walfile_name(checkpoint_lsn) as wal from pg_control_checkpoint()",
  );
  await client.end();
  return rows[0] ?? { data: '', wal: '' };
}
