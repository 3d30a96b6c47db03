import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '#test/database.ts';

/* Migrations that rename a field within a stored document, run once more on rows as earlier versions wrote them. */
let database: TestDatabase;
let admin: pg.Client;

beforeAll(async () => {
  database = await testDatabase();
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin?.end();
  await database?.[Symbol.asyncDispose]();
});

const run = async (migration: string): Promise<void> => {
  await admin.query(await readFile(path.join(import.meta.dirname, 'migrations', migration, 'migration.sql'), 'utf8'));
};

test('requests that a session remembers as done are kept', async () => {
  const done = [{ id: 'txn/play', atMs: 1 }];
  await admin.query(
    `insert into music_session (tenant_id, guild_id, version, document) values
       ('ten_1', '1', 1, $1), ('ten_1', '2', 1, $2)`,
    [JSON.stringify({ volume: 50, deeds: done }), JSON.stringify({ volume: 60, doneRequests: done })],
  );
  await run('20261129030000_done_requests');
  const { rows } = await admin.query('select document from music_session order by guild_id');
  expect(rows).toEqual([
    { document: { volume: 50, doneRequests: done } },
    { document: { volume: 60, doneRequests: done } },
  ]);
});

test('what to do about a failed check is kept', async () => {
  const failed = { state: 'failed', code: 'token.shape', detail: 'This is not a token.' };
  const checks = { token: { ...failed, mend: 'Paste it again.' }, application: { state: 'waiting' } };
  await admin.query(
    `insert into onboarding (tenant_id, document, updated_at) values ('ten_1', $1, now()), ('ten_2', $2, now())`,
    [JSON.stringify({ by: 'discord:1', checks }), JSON.stringify({ by: 'discord:2', checks: {} })],
  );
  await run('20261129050000_check_fix');
  const { rows } = await admin.query('select document from onboarding order by tenant_id');
  expect(rows).toEqual([
    { document: { by: 'discord:1', checks: { ...checks, token: { ...failed, fix: 'Paste it again.' } } } },
    { document: { by: 'discord:2', checks: {} } },
  ]);
});
