import { createSecretKey, randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { openRecords, type Records } from '#infra/database/prisma.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import { encrypt } from '#security/keyring/aes-gcm.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { contextOf } from '#security/keyring/sealed-text.ts';
import { createWords, type Words } from '#security/keyring/words.ts';
import { scratchFolder } from '#test/scratch.ts';
import { createOwnKeys, type OwnKeys } from '../words/own-keys.ts';
import { sealEarlierWords } from '../words/sealed-words.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { createPeople } from './people.ts';

/* How people are called is sealed, also what an earlier release has stored. */
let server: TestDatabase;
let records: Records;
let database: Database;
let admin: pg.Pool;
let ownKeys: OwnKeys;
const earlierKey = createSecretKey(randomBytes(32));
const newCustodian = async () =>
  createFileCustodian({ folder: await scratchFolder('people'), keyBase64: randomBytes(32).toString('base64') });
const newWords = async () => createWords(createEnvelope({ custodian: await newCustodian() }));
let words: Words;
const robin = { subject: 'discord:1', name: 'Robin', avatarUrl: 'https://cdn.discordapp.com/avatars/1/a.png' };
const people = (by = words) => createPeople(records, by, systemClock);

beforeAll(async () => {
  server = await testDatabase('api');
  records = openRecords({ url: server.url, maxConnections: 2 });
  database = openDatabase({ url: server.url, maxConnections: 2 });
  const custodian = await newCustodian();
  const envelope = createEnvelope({ custodian });
  words = createWords(envelope);
  ownKeys = createOwnKeys({ database, custodian, envelope, clock: systemClock });
  admin = new pg.Pool({ connectionString: server.adminUrl, max: 1 });
});
afterAll(async () => {
  await admin?.end();
  await database?.[Symbol.asyncDispose]();
  await records?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
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
  expect((await people(await newWords()).show(['discord:1'])).get('discord:1')).toEqual({
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
  await sealEarlierWords({ database, words, earlierKey });
  expect(await stored()).not.toContain('Robin');
  expect(await stored()).not.toContain('https://');
  expect((await people().show(['discord:230'])).get('discord:230')).toEqual(shown);
});

test('seals anew what the last release has sealed with a key that cannot be destroyed', async () => {
  const place = { table: 'person', column: 'sealed', row: 'discord:1' };
  const { name, avatarUrl } = robin;
  const sealed = encrypt(earlierKey, Buffer.from(JSON.stringify({ name, avatarUrl })), contextOf(place));
  await admin.query("insert into person (subject, sealed) values ('discord:1', $1), ('discord:2', $1)", [sealed]);
  await sealEarlierWords({ database, words, earlierKey });
  expect((await people().show(['discord:1'])).get('discord:1')).toEqual({ name, avatarUrl });
  const left = await admin.query('select subject, words is null as empty from person where sealed is null order by 1');
  // What was sealed for somebody else is dropped.
  expect(left.rows).toEqual([
    { subject: 'discord:1', empty: false },
    { subject: 'discord:2', empty: true },
  ]);
});

test('opens no name from before somebody was forgotten, and those that remain as ever', async () => {
  await people().remember(robin);
  await people().remember({ subject: 'discord:2', name: 'Quill', avatarUrl: null });
  const before = await admin.query('select subject, words from person');
  await admin.query("delete from person where subject = 'discord:1'");
  await ownKeys.rotateNames();
  expect((await people().show(['discord:2'])).get('discord:2')).toEqual({ name: 'Quill', avatarUrl: null });
  await admin.query('delete from person');
  for (const { subject, words: earlier } of before.rows)
    await admin.query('insert into person (subject, words) values ($1, $2)', [subject, earlier]);
  const shown = await people().show(['discord:1', 'discord:2']);
  expect([...shown.values()].map(({ name }) => name)).toEqual(['discord:1', 'discord:2']);
});

test('lets somebody sign in while the keys cannot be reached, and shows them as before', async () => {
  await people().remember(robin);
  const away = createEnvelope({
    custodian: {
      ...(await newCustodian()),
      wrap: async () => Promise.reject(platformFault('keyring.unavailable', 'away')),
    },
  });
  await people(createWords(away)).remember({ ...robin, name: 'Robin the Second' });
  expect((await people().show(['discord:1'])).get('discord:1')).toMatchObject({ name: 'Robin' });
});
