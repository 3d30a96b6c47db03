import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { hasWorkflowTables } from '#infra/sagas/schema.ts';

const folder = path.join(import.meta.dirname, 'migrations');

/** How a database compares with the migrations of this version, by their names. */
export interface MigrationState {
  /** It lacks these, started them, or has a different text of them. */
  readonly pending: readonly string[];
  /** It has these, which this version does not know: a later version has migrated it. */
  readonly unknown: readonly string[];
}

/**
 * Read from Prisma's own table without loading its engine, which costs more than the rest of the launcher's work at a
 * start.
 */
export async function migrationsOf(client: pg.Client): Promise<MigrationState> {
  const own = await ownMigrations();
  const known = await client.query<{ known: boolean }>(
    "select to_regclass('public._prisma_migrations') is not null as known",
  );
  if (!known.rows[0]?.known) return { pending: [...own.keys()], unknown: [] };
  const { rows } = await client.query<{ migration_name: string; checksum: string; finished: boolean }>(
    `select migration_name, checksum, finished_at is not null as finished
       from public._prisma_migrations where rolled_back_at is null`,
  );
  const applied = new Map(rows.map((row) => [row.migration_name, row.finished ? row.checksum : '']));
  const lacking = [...own].flatMap(([name, checksum]) => (applied.get(name) === checksum ? [] : [name]));
  const workflows = (await hasWorkflowTables(client)) ? [] : ['workflows'];
  return {
    pending: [...lacking, ...workflows],
    unknown: [...applied.keys()].filter((name) => !own.has(name)),
  };
}

/** SHA-256 of each migration's text, as Prisma writes it. */
async function ownMigrations(): Promise<Map<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).toSorted();
  const checksums = names.map(async (name): Promise<[string, string]> => {
    const script = await readFile(path.join(folder, name, 'migration.sql'));
    return [name, createHash('sha256').update(script).digest('hex')];
  });
  return new Map(await Promise.all(checksums));
}
