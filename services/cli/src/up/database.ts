import type { KeyObject } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { Backoff } from '#infra/kernel/backoff.ts';
import { escapeLiteral, newConnection } from '#infra/database/connections.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '#infra/database/embedded-postgres.ts';
import { migrationsOf } from '#infra/database/pending.ts';
import { BailiwickError, hasCode, platformFault } from '#infra/kernel/errors.ts';
import { deriveKey } from '#security/keyring/keyring-file.ts';
import type { ChildEvents } from './child.ts';
import { openLog } from './log-file.ts';

const databaseRoles = ['identity', 'proxy', 'edge', 'audio', 'api', 'worker', 'supervisor'] as const;
export type DatabaseRole = (typeof databaseRoles)[number];

export interface DatabaseOptions {
  /** Where the embedded PostgreSQL keeps its cluster; unused if `url` names another database. */
  readonly folder: string;
  readonly port: number;
  readonly logFolder: string;
  readonly rootKey: KeyObject;
  /** The root key that it replaces: the superuser may still have the password that derives from it. */
  readonly earlierRootKey?: (() => Promise<KeyObject>) | undefined;
  /** Connection string of an external PostgreSQL, as a user who may create roles. */
  readonly url?: string;
  readonly signal: AbortSignal;
  readonly events: ChildEvents & { step(what: string): () => void };
}

/** Connection string of a service's role; a secret. */
export type UrlOf = (role: DatabaseRole) => string;

const connectTimeoutMs = 10_000;
const restartAfter = { minMs: 100, maxMs: 10_000 };

/** A database with this version's schema, in which each service's role has a password derived from the root key. */
export async function prepareDatabase(options: DatabaseOptions, stack: AsyncDisposableStack): Promise<UrlOf> {
  const secret = (purpose: string) => passwordOf(options.rootKey, purpose);
  const adminUrl = options.url ?? (await startOwn(options, secret('admin'), stack));
  const done = options.events.step('database schema');
  const admin = await connect(adminUrl);
  try {
    if ((await migrationsOf(admin)).pending.length > 0) {
      // Loads Prisma's engine, which is only worth it if there is something to do.
      const { migrate } = await import('#infra/database/migrate.ts');
      await migrate(adminUrl);
    }
    options.signal.throwIfAborted();
    const statements = databaseRoles.map(
      (role) => `alter role bailiwick_${role} login password ${escapeLiteral(secret(role))}`,
    );
    await admin.query(statements.join(';'));
  } catch (cause) {
    if (cause instanceof BailiwickError && cause.code !== 'database.migration') throw cause;
    options.signal.throwIfAborted();
    throw platformFault('up.schema', `The database could not be migrated to this version: ${reasonOf(cause)}.`, cause);
  } finally {
    await admin.end();
  }
  done();
  const base = new URL(adminUrl);
  return (role) => {
    const url = new URL(base);
    url.username = `bailiwick_${role}`;
    url.password = secret(role);
    return url.href;
  };
}

const passwordOf = (rootKey: KeyObject, purpose: string): string =>
  deriveKey(rootKey, `postgres/${purpose}`).toString('base64url');

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown';
  return error.cause instanceof Error ? error.cause.message : error.message;
};

async function connect(url: string): Promise<pg.Client> {
  const client = newConnection(url, { connectionTimeoutMillis: connectTimeoutMs });
  try {
    await client.connect();
    return client;
  } catch (cause) {
    const { host } = new URL(url);
    const message = `The PostgreSQL at ${host} cannot be used: ${reasonOf(cause)}. Check DATABASE_URL or databaseUrlFile.`;
    throw platformFault('up.database', message, cause);
  }
}

async function startOwn(options: DatabaseOptions, password: string, stack: AsyncDisposableStack): Promise<string> {
  const done = options.events.step('PostgreSQL');
  const { folder, port, signal } = options;
  const startWith = (as: string) =>
    startEmbeddedPostgres({ folder, port, password: as, signal, log: openLog(options.logFolder, 'postgres') });
  const start = () => startWith(password);
  const { earlierRootKey } = options;
  const first = await start().catch(async (error: unknown) => {
    if (!earlierRootKey || !hasCode(error, 'postgres.password')) throw error;
    const before = await startWith(passwordOf(await earlierRootKey(), 'admin'));
    try {
      await changePassword(before.adminUrl('postgres'), password);
    } finally {
      await before[Symbol.asyncDispose]();
    }
    return start();
  });
  stack.use(keepRunning(first, start, options.events));
  const admin = await connect(first.adminUrl('postgres'));
  try {
    const { rowCount } = await admin.query("select 1 from pg_database where datname = 'bailiwick'");
    if (rowCount === 0) await admin.query('create database bailiwick');
  } finally {
    await admin.end();
  }
  done();
  return first.adminUrl('bailiwick');
}

async function changePassword(adminUrl: string, password: string): Promise<void> {
  const admin = await connect(adminUrl);
  try {
    await admin.query(`alter role postgres password ${escapeLiteral(password)}`);
  } finally {
    await admin.end();
  }
}

/** Restarts PostgreSQL if it exits by itself; it recovers from its journal, and services reconnect. */
function keepRunning(first: EmbeddedPostgres, start: () => Promise<EmbeddedPostgres>, events: ChildEvents) {
  const stopped = new AbortController();
  let current = first;
  let restarting: Promise<void> | undefined;
  const watch = (): void => {
    current.process.once('close', (code, by) => {
      if (stopped.signal.aborted) return;
      events.ended('PostgreSQL', by ?? `exit code ${code}`);
      restarting = restart();
    });
  };
  const restart = async (): Promise<void> => {
    const backoff = new Backoff(restartAfter);
    while (!stopped.signal.aborted) {
      await delay(backoff.nextMs(), undefined, { signal: stopped.signal }).catch(() => undefined);
      if (stopped.signal.aborted) return;
      const again = await start().catch(() => undefined);
      if (!again) continue;
      current = again;
      events.restarted('PostgreSQL');
      return watch();
    }
  };
  watch();
  return {
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await restarting;
      await current[Symbol.asyncDispose]();
    },
  };
}
