import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';

const folder = path.join(import.meta.dirname, 'migrations');

/**
 * Whether the database lacks a migration of this version, or has another text of one: told from Prisma's own table
 * without loading its engine, which costs a start more than all else that the launcher does.
 */
export async function migrationsArePending(client: pg.Client): Promise<boolean> {
  const known = await client.query<{ known: boolean }>(
    "select to_regclass('public._prisma_migrations') is not null as known",
  );
  if (!known.rows[0]?.known) return true;
  const { rows } = await client.query<{ migration_name: string; checksum: string; finished: boolean }>(
    `select migration_name, checksum, finished_at is not null as finished
       from public._prisma_migrations where rolled_back_at is null`,
  );
  const applied = new Map(rows.map((row) => [row.migration_name, row.finished ? row.checksum : '']));
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const script = await readFile(path.join(folder, entry.name, 'migration.sql'));
    if (applied.get(entry.name) !== createHash('sha256').update(script).digest('hex')) return true;
  }
  return false;
}
