import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { tryToLead } from '#infra/database/leadership.ts';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { openRecords, type Records } from '#infra/database/prisma.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { createSealedText } from '#security/keyring/sealed-text.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { scratchFolder } from '#test/scratch.ts';
import { createPeople } from '../sessions/people.ts';
import { createRenewNames } from './renew-names.ts';

/* The key of names is replaced, so that no copy from before opens, and nothing that remains is lost. */
let server: TestDatabase;
let records: Records;
let database: Database;
let admin: pg.Pool;
let folder: string;
const keyBase64 = randomBytes(32).toString('base64');

beforeAll(async () => {
  server = await testDatabase('api');
  records = openRecords({ url: server.url, maxConnections: 4 });
  database = openDatabase({ url: server.url, maxConnections: 4 });
  admin = new pg.Pool({ connectionString: server.adminUrl, max: 1 });
  folder = await scratchFolder('names');
});
afterAll(async () => {
  await admin.end();
  await database[Symbol.asyncDispose]();
  await records[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => admin.query('delete from person'));

/** One of the processes that serve the api, with what it has cached. */
function api() {
  const custodian = createFileCustodian({ folder, keyBase64 });
  const envelope = createEnvelope({ custodian });
  const { seal } = createEnvelope({ custodian, dataKeyUses: 1 });
  const words = createSealedText({ open: envelope.open, seal });
  return {
    people: createPeople(records, words, systemClock),
    renew: createRenewNames({ url: server.url, database, custodian, envelope }),
  };
}

const called = (number: number) => ({ subject: `discord:${number}`, name: `Robin ${number}`, avatarUrl: null });
const namesIn = async ({ people }: ReturnType<typeof api>, count: number): Promise<string[]> => {
  const subjects = Array.from({ length: count }, (_, number) => called(number).subject);
  return [...(await people.show(subjects)).values()].map(({ name }) => name);
};

test('what was deleted opens in no copy, and what remains opens as before', async () => {
  const one = api();
  for (const number of [0, 1]) await one.people.remember(called(number));
  const copy = await admin.query('select subject, sealed from person');
  await admin.query("delete from person where subject = 'discord:0'");
  await one.renew(new AbortController().signal);
  expect(await namesIn(one, 2)).toEqual(['discord:0', 'Robin 1']);
  await admin.query('delete from person');
  for (const { subject, sealed } of copy.rows)
    await admin.query('insert into person (subject, sealed) values ($1, $2)', [subject, sealed]);
  expect(await namesIn(api(), 2)).toEqual(['discord:0', 'discord:1']);
});

test('two processes that replace it at once, while people sign in at both, lose nothing', async () => {
  const both = [api(), api()] as const;
  const count = 120;
  const signIns = (async () => {
    for (let number = 0; number < count; number += 1)
      await both[number % 2 === 0 ? 0 : 1].people.remember(called(number));
  })();
  const renewals = both.map(async ({ renew }) => {
    for (let times = 0; times < 4; times += 1) await renew(new AbortController().signal);
  });
  await Promise.all([signIns, ...renewals]);
  const all = Array.from({ length: count }, (_, number) => called(number).name);
  for (const each of [...both, api()]) expect(await namesIn(each, count)).toEqual(all);
  const { length } = await createFileCustodian({ folder, keyBase64 }).versions('platform');
  expect(length).toBe(1);
});

test('waits for nobody once it is told to stop', async () => {
  await using _other = await tryToLead(server.url, 'replacing the key of the api');
  await expect(api().renew(AbortSignal.timeout(300))).rejects.toThrow();
});
