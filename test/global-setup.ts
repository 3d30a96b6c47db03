import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '#infra/database/embedded-postgres.ts';
import { migrate } from '#infra/database/migrate.ts';
import { freePort } from './free-port.ts';
import { removeForgotten, scratchFolder } from './scratch.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgres: { adminUrl: string; template: string; password: string };
  }
}

/** One real PostgreSQL for the whole test run; each test file copies the migrated template database. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeForgotten();
  const folder = await scratchFolder('test');
  const password = randomUUID();
  const postgres = await startEmbeddedPostgres({ folder, port: await freePort(), password, durable: false });
  const template = 'bailiwick_template';
  const admin = new pg.Client({ connectionString: postgres.adminUrl('postgres') });
  await admin.connect();
  await admin.query(`create database ${template}`);
  await migrate(postgres.adminUrl(template));
  for (const service of ['identity', 'proxy', 'edge', 'audio', 'api', 'worker', 'supervisor']) {
    await admin.query(`alter role bailiwick_${service} login password '${password}'`);
  }
  await admin.end();
  const caches = await mkdtemp(path.join(tmpdir(), 'bailiwick-test-caches-'));
  process.env.BAILIWICK_TEST_START_CACHE = path.join(caches, 'start');
  // For processes that tests spawn themselves.
  process.env.NODE_COMPILE_CACHE ??= path.join(caches, 'modules');
  project.provide('postgres', { adminUrl: postgres.adminUrl('postgres'), template, password });
  return async () => {
    await postgres[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
    // Processes that are just exiting may still write there.
    await rm(caches, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
}
