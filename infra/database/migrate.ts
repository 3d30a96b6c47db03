import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as engineBindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import type pg from 'pg';
import { platformFault } from '#infra/kernel/errors.ts';
import { hasJobTables, migrateJobs } from '#infra/jobs/schema.ts';
import { hasWorkflowTables, migrateWorkflows } from '#infra/sagas/schema.ts';
import { Connection, newConnection } from './connections.ts';

const folder = path.join(import.meta.dirname, 'migrations');

/** PostgreSQL's type "char" in catalog queries, which @prisma/adapter-pg 7.10 does not map; read as character. */
const catalogChar = 18;
const character = 1042;

/**
 * Migrates a database to this version: our tables with Prisma's own schema engine, run in process from its WebAssembly
 * build, so that nothing is downloaded, and the tables of workflows and jobs with their libraries. Returns the names of our
 * migrations that were applied.
 */
export async function migrate(adminUrl: string): Promise<readonly string[]> {
  const applied = await applyMigrations(adminUrl);
  const client = newConnection(adminUrl);
  await client.connect();
  try {
    if (!(await hasWorkflowTables(client))) await migrateWorkflows(adminUrl, client);
    if (!(await hasJobTables(client))) await migrateJobs(client);
    // Events of a database that was restored would otherwise be passed over.
    await client.query('select renumber_events()');
  } catch (cause) {
    throw migrationFailed(cause);
  } finally {
    await client.end();
  }
  return applied;
}

const migrationFailed = (cause: unknown) =>
  platformFault('database.migration', 'The database could not be migrated to this version.', cause);

async function applyMigrations(adminUrl: string): Promise<readonly string[]> {
  await loadEngine();
  const opened: AsyncDisposableStack = new AsyncDisposableStack();
  const factory = bindMigrationAwareSqlAdapterFactory(adapterFor(adminUrl, opened));
  const engine = await engineBindings.SchemaEngine.new({ datamodels: undefined }, () => undefined, factory);
  try {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: await readMigrations(),
      filters: { externalTables: [], externalEnums: [] },
    });
    return appliedMigrationNames;
  } catch (cause) {
    throw migrationFailed(cause);
  } finally {
    engine.free();
    // The engine holds its advisory lock for as long as its connection lives.
    await opened.disposeAsync();
  }
}

async function readMigrations() {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const migrationDirectories = await Promise.all(
    names.map(async (name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok' as const, value: await readFile(path.join(folder, name, 'migration.sql'), 'utf8') },
      },
    })),
  );
  const lockfile = {
    path: 'migration_lock.toml',
    content: await readFile(path.join(folder, 'migration_lock.toml'), 'utf8'),
  };
  return { baseDir: folder, lockfile, shadowDbInitScript: '', migrationDirectories };
}

let loading: Promise<void> | undefined;

/** The WebAssembly module is 3 MB and only needed here; it is loaded at first use. */
function loadEngine(): Promise<void> {
  loading ??= (async () => {
    const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
    const bytes = await readFile(entry.replace(/\.js$/, '.wasm'));
    const wasm = (globalThis as unknown as { WebAssembly: WasmRuntime }).WebAssembly;
    const { instance } = await wasm.instantiate(bytes, { './schema_engine_bg.js': { ...engineBindings } });
    engineBindings.__wbg_set_wasm(instance.exports);
    instance.exports.__wbindgen_start();
  })();
  return loading;
}

interface WasmRuntime {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
}

function adapterFor(adminUrl: string, opened: AsyncDisposableStack): PrismaPg {
  const url = new URL(adminUrl);
  const settings = {
    host: url.hostname,
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
    Client: CatalogClient,
    max: 2,
  };
  const factory = new PrismaPg(settings, {});
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    opened.defer(() => adapter.dispose());
    // The adapter's own version splits a script at each semicolon, even within a function's body.
    adapter.executeScript = async (script) => {
      const client = newConnection(adminUrl);
      await client.connect();
      try {
        await client.query(script);
      } finally {
        await client.end();
      }
    };
    return adapter;
  };
  return factory;
}

interface QueryFields {
  fields?: { dataTypeID: number }[];
}

function mapCatalogTypes<Result>(result: Result): Result {
  for (const field of (result as QueryFields | undefined)?.fields ?? []) {
    if (field.dataTypeID === catalogChar) field.dataTypeID = character;
  }
  return result;
}

type AnyQuery = (...args: unknown[]) => unknown;

class CatalogClient extends Connection {
  override query = ((...args: unknown[]) => {
    const callbackAt = args.findLastIndex((arg) => typeof arg === 'function');
    if (callbackAt >= 0) {
      const callback = args[callbackAt] as (error: unknown, result: unknown) => void;
      args[callbackAt] = (error: unknown, result: unknown) => callback(error, mapCatalogTypes(result));
    }
    const answer = (Connection.prototype.query as unknown as AnyQuery).apply(this, args);
    return answer instanceof Promise ? answer.then(mapCatalogTypes) : answer;
  }) as unknown as typeof pg.Client.prototype.query;
}
