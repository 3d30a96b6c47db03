import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { newConnection } from '#infra/database/connections.ts';
import { migrationsOf, type MigrationState } from '#infra/database/pending.ts';
import { embeddedMajor } from '#infra/database/postgres-binaries.ts';
import { deriveKey } from '#security/keyring/keyring-file.ts';
import type { KeyKeeper } from '#security/keyring/custodian-owner.ts';
import type { DataPaths } from '../up/data-folder.ts';
import { fault, ok, warning, type Finding } from './finding.ts';

const about = 'database';

/** Whether the files of the embedded database belong to the installed version of PostgreSQL. */
export async function checkDatabaseVersion({ databaseVersion }: DataPaths): Promise<Finding> {
  const installed = await embeddedMajor();
  const text = await readFile(databaseVersion, 'utf8').catch(() => undefined);
  if (text === undefined) return ok(about, 'none yet: the next start creates it');
  const made = text.trim();
  if (!/^\d+$/.test(made)) {
    const fix = 'restore the postgres folder from a backup: other files may be lost too';
    return fault(about, `${databaseVersion} is damaged: it names no version`, fix);
  }
  if (made === installed) return ok(about, `created by PostgreSQL ${made}, which is installed`);
  return fault(
    about,
    `created by PostgreSQL ${made}, but ${installed} is installed`,
    `dump it with PostgreSQL ${made} and restore it into ${installed} (pg_dump, pg_restore), or name a PostgreSQL ${made} in DATABASE_URL`,
  );
}

/** The URL of the running embedded database, as its superuser; a secret. */
export const embeddedUrl = (port: number, rootKey: KeyObject): string =>
  `postgresql://postgres:${deriveKey(rootKey, 'postgres/admin').toString('base64url')}@127.0.0.1:${port}/bailiwick`;

/** What a database reveals: findings about it, and the certificate authorities it contains. */
export interface DatabaseAnswer {
  readonly findings: readonly Finding[];
  /** PEM; absent if they could not be queried. */
  readonly authorities?: readonly string[];
  /** The keys that the data stored there is sealed with. */
  readonly sealedWith?: readonly SealingKey[];
}

/** A key that something in the database cannot be opened without. */
export interface SealingKey {
  /** The part that has it: its folder in the keyring, or its keys at Vault. */
  readonly keeper: KeyKeeper;
  /** A tenant's id, or `platform`. */
  readonly of: string;
}

/** Whether a database answers and has this version's schema. It is read in a read-only transaction. */
export async function askDatabase(url: string): Promise<DatabaseAnswer> {
  const client = newConnection(url);
  try {
    await client.connect();
    await client.query('begin read only');
    const { rows } = await client.query<{ version: string }>("select current_setting('server_version') as version");
    const migrations = await migrationsOf(client);
    const findings = [schemaFinding(`PostgreSQL ${rows[0]?.version ?? 'of no version'} answers`, migrations)];
    if (migrations.pending.length > 0) return { findings };
    return { findings, authorities: await authoritiesIn(client), sealedWith: await sealingKeysIn(client) };
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    const fix = "look at logs/postgres.log in the data folder, or at DATABASE_URL's server";
    return { findings: [fault(about, `cannot be used: ${why}`, fix)] };
  } finally {
    await client.end().catch(() => undefined);
  }
}

function schemaFinding(answers: string, { pending, unknown }: MigrationState): Finding {
  if (unknown.length > 0)
    return fault(
      about,
      `${answers}; a later version of Bailiwick has migrated it (${unknown.join(', ')})`,
      'run that version, or restore a backup from before it',
    );
  if (pending.length === 0) return ok(about, `${answers}, with this version's schema`);
  return warning(about, `${answers}; it lacks ${pending.length} migration(s)`, 'start: it migrates first');
}

async function authoritiesIn(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ pem: string }>(
    "select public->>'certificatePem' as pem from identity_key where use = 'authority' order by not_before",
  );
  return rows.map(({ pem }) => pem);
}

/** Rows of every tenant, as far as the connecting user may see them: keys of rows it cannot see are not checked. */
async function sealingKeysIn(client: pg.Client): Promise<SealingKey[]> {
  await client.query("select set_config('app.tenant', '*', true)");
  const { rows } = await client.query<SealingKey>(
    `select 'discord-edge' as keeper, tenant_id as of from application_credential
      union select 'worker', tenant_id from audit_key
      union select 'audio', tenant_id from track_list
      union select 'audio', tenant_id from music_session where document ? 'sealed'
      union select keeper, tenant_id from external_key
      union select 'token-service', 'platform' from identity_key
      union select 'api', 'platform' from session_key
      order by 1, 2`,
  );
  return rows;
}

/** The PID of a server possibly left by a run that did not stop cleanly; the next start stops it. */
export async function leftoverDatabase({ databaseRun }: DataPaths): Promise<number | undefined> {
  const pid = Number((await readFile(databaseRun, 'utf8').catch(() => '')).split('\n', 1)[0]);
  return pid > 0 ? pid : undefined;
}
