import { cp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';

/**
 * Copies the files of a cluster that the doctor examines from the PostgreSQL that the tests run on. Other tests have it
 * write checkpoints meanwhile: then the files do not belong together, or one is gone, and are copied again.
 */
export async function copyCluster(folder: string): Promise<void> {
  for (;;) {
    const { data, wal } = await whereTheyAre();
    await rm(folder, { recursive: true, force: true });
    for (const inside of ['global', 'pg_wal']) await mkdir(path.join(folder, inside), { recursive: true });
    const copies = ['PG_VERSION', 'global/pg_control', `pg_wal/${wal}`].map((file) =>
      cp(path.join(data, file), path.join(folder, file)),
    );
    const all = await Promise.allSettled(copies);
    if (all.every(({ status }) => status === 'fulfilled') && (await whereTheyAre()).wal === wal) return;
  }
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
