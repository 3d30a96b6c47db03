import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

export type DatabaseService = 'identity' | 'proxy' | 'edge' | 'audio' | 'api' | 'worker' | 'supervisor';

export interface TestDatabase extends AsyncDisposable {
  /** Connection string of the first requested service. */
  readonly url: string;
  readonly urlOf: (service: DatabaseService) => string;
  /** As a superuser, which bypasses row-level security; for setup and for inspecting what is stored. */
  readonly adminUrl: string;
}

/** A fresh, migrated database on the test run's PostgreSQL, accessed with a service's own role. */
export async function testDatabase(service: DatabaseService = 'api'): Promise<TestDatabase> {
  const { adminUrl, template, password } = inject('postgres');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(adminUrl, `create database ${name} template ${template} strategy file_copy`);
  const named = (user: string, secret: string) => {
    const url = new URL(adminUrl);
    url.username = user;
    url.password = secret;
    url.pathname = `/${name}`;
    return url.href;
  };
  const admin = new URL(adminUrl);
  const urlOf = (of: DatabaseService) => named(`bailiwick_${of}`, password);
  return {
    url: urlOf(service),
    urlOf,
    adminUrl: named(admin.username, decodeURIComponent(admin.password)),
    async [Symbol.asyncDispose]() {
      await administer(adminUrl, `drop database ${name} with (force)`);
    },
  };
}

async function administer(adminUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
