import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import pg from 'pg';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { testDatabase, type DatabaseService, type TestDatabase } from './database.ts';
import { scratchFolder } from './scratch.ts';

/** A fresh database, opened as one service and as a superuser, with keys to seal what is stored there. */
export interface SealedDatabase extends TestDatabase {
  readonly database: Database;
  readonly admin: pg.Pool;
  readonly custodian: Custodian;
}

export async function sealedDatabase(service: DatabaseService, maxConnections = 2): Promise<SealedDatabase> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await testDatabase(service));
  const database = stack.use(openDatabase({ url: server.url, maxConnections }));
  const admin = stack.adopt(new pg.Pool({ connectionString: server.adminUrl, max: 1 }), (pool) => pool.end());
  const folder = stack.adopt(await scratchFolder('keys'), (path) => rm(path, { recursive: true, force: true }));
  const custodian = createFileCustodian({ folder, keyBase64: randomBytes(32).toString('base64') });
  const opened = stack.move();
  return { ...server, database, admin, custodian, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
