import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { migrationsArePending } from '#infra/database/pending.ts';
import { embeddedMajor } from '#infra/database/postgres-binaries.ts';
import { deriveKey } from '#security/keyring/keyring-file.ts';
import type { Places } from '../up/data-folder.ts';
import { fault, ok, warning, type Finding } from './finding.ts';

const about = 'database';

/** Whether the files of the embedded database are of the PostgreSQL that is installed. */
export async function checkDatabaseVersion({ databaseVersion }: Places): Promise<Finding> {
  const installed = await embeddedMajor();
  const text = await readFile(databaseVersion, 'utf8').catch(() => undefined);
  if (text === undefined) return ok(about, 'none yet: the next start makes it');
  const made = text.trim();
  if (made === installed) return ok(about, `made by PostgreSQL ${made}, and that is installed`);
  return fault(
    about,
    `made by PostgreSQL ${made}, but ${installed} is installed`,
    `dump it with PostgreSQL ${made} and restore it into ${installed} (pg_dump, pg_restore), or name a PostgreSQL ${made} in DATABASE_URL`,
  );
}

/** The address of the embedded database that runs now, as its superuser; a secret. */
export const embeddedUrl = (port: number, rootKey: KeyObject): string =>
  `postgresql://postgres:${deriveKey(rootKey, 'postgres/admin').toString('base64url')}@127.0.0.1:${port}/bailiwick`;

const connectTimeoutMs = 5_000;

/** Whether a database answers and has this version's shape. */
export async function checkSchema(url: string): Promise<Finding> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string }>("select current_setting('server_version') as version");
    const version = rows[0]?.version ?? 'of no version';
    return (await migrationsArePending(client))
      ? warning(about, `PostgreSQL ${version} answers; its schema is not this version's`, 'start: it migrates first')
      : ok(about, `PostgreSQL ${version} answers, with this version's schema`);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    return fault(
      about,
      `cannot be used: ${why}`,
      "look at logs/postgres.log in the data folder, or at DATABASE_URL's server",
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}
