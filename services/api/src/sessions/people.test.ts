import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { openRecords, type Records } from '#infra/database/prisma.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { createSealedText } from '#security/keyring/sealed-text.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { createPeople } from './people.ts';
import { sealEarlierWords } from './sealed-words.ts';

/* How people are called is sealed, also what an earlier release has stored. */
let server: TestDatabase;
let records: Records;
let database: Database;
let admin: pg.Pool;
const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-people-'));
const newWords = () => {
  const custodian = createFileCustodian({
    folder: path.join(folder, randomUUID()),
    keyBase64: randomBytes(32).toString('base64'),
  });
  return createSealedText(createEnvelope({ custodian }));
};
const words = newWords();
const robin = { subject: 'discord:1', name: 'Robin', avatarUrl: 'https://cdn.discordapp.com/avatars/1/a.png' };
const people = (by = words) => createPeople(records, by, systemClock);

beforeAll(async () => {
  server = await testDatabase('api');
  records = openRecords({ url: server.url, maxConnections: 2 });
  database = openDatabase({ url: server.url, maxConnections: 2 });
  admin = new pg.Pool({ connectionString: server.adminUrl, max: 1 });
});
afterAll(async () => {
  await admin?.end();
  await database?.[Symbol.asyncDispose]();
  await records?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => admin.query('delete from person'));

const stored = async () => JSON.stringify((await admin.query('select p::text as row from person p')).rows);

test('shows a person by the name that only the keys of the api can read', async () => {
  await people().remember(robin);
  const { name, avatarUrl } = robin;
  expect((await people().show(['discord:1', 'operator:1'])).get('operator:1')).toEqual({ name, avatarUrl });
  expect(await stored()).not.toContain('Robin');
  expect(await stored()).not.toContain('avatars');
});

test('shows by their subject a person whose name was sealed with another key, or for somebody else', async () => {
  await people().remember(robin);
  expect((await people(newWords()).show(['discord:1'])).get('discord:1')).toEqual({
    name: 'discord:1',
    avatarUrl: null,
  });
  await admin.query("update person set subject = 'discord:2'");
  expect((await people().show(['discord:2'])).get('discord:2')).toEqual({ name: 'discord:2', avatarUrl: null });
});

test('seals what an earlier release has stored, more than one batch of it, and shows it before and after', async () => {
  await admin.query(
    "insert into person (subject, name, avatar_url) select 'discord:' || n, 'Robin ' || n, 'https://a/' || n from generate_series(1, 230) n",
  );
  const shown = { name: 'Robin 230', avatarUrl: 'https://a/230' };
  expect((await people().show(['discord:230'])).get('discord:230')).toEqual(shown);
  await sealEarlierWords(database, words);
  expect(await stored()).not.toContain('Robin');
  expect(await stored()).not.toContain('https://');
  expect((await people().show(['discord:230'])).get('discord:230')).toEqual(shown);
});
