import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '#infra/database/embedded-postgres.ts';
import { migrate } from '#infra/database/migrate.ts';
import type { DatabaseService, TestDatabase } from '../database.ts';
import { freePort } from '../free-port.ts';

/**
 * A separate, migrated PostgreSQL with a login for each of these roles; `url` is for the first. Closed with the stack.
 * @param durable whether a commit waits for the disk; true when writes are measured
 */
export async function benchDatabase(
  roles: readonly [DatabaseService, ...DatabaseService[]],
  { durable }: { readonly durable: boolean },
  stack: AsyncDisposableStack,
): Promise<TestDatabase> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-bench-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const password = randomUUID();
  const postgres = stack.use(await startEmbeddedPostgres({ folder, port: await freePort(), password, durable }));
  const adminUrl = postgres.adminUrl('postgres');
  await migrate(adminUrl);
  await administer(adminUrl, async (admin) => {
    for (const role of roles) await admin.query(`alter role bailiwick_${role} login password '${password}'`);
  });
  const urlOf = (of: DatabaseService): string => {
    const url = new URL(adminUrl);
    url.username = `bailiwick_${of}`;
    url.password = password;
    return url.href;
  };
  return { url: urlOf(roles[0]), urlOf, adminUrl, [Symbol.asyncDispose]: async () => undefined };
}

export async function administer<Result>(
  adminUrl: string,
  work: (admin: pg.Client) => Promise<Result>,
): Promise<Result> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
