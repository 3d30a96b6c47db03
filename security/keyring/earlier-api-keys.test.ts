import { createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '#infra/database/pool.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { sealedDatabase, type SealedDatabase } from '#test/sealed-database.ts';
import { encrypt } from './aes-gcm.ts';
import { encodeFields } from './associated-data.ts';
import { takeOverEarlierApiKeys } from './earlier-api-keys.ts';
import { createEnvelope, type Envelope } from './envelope.ts';
import { deriveKey } from './keyring-file.ts';
import { createSealedText, type SealedText } from './sealed-text.ts';

/* What the api of an earlier release has sealed with keys derived from the root key. */
let server: SealedDatabase;
let database: Database;
let admin: pg.Pool;
let envelope: Envelope;
let words: SealedText;
const root = createSecretKey(randomBytes(32));
const sessionKey = deriveKey(root, 'api/sessions');

beforeAll(async () => {
  server = await sealedDatabase('api');
  ({ database, admin } = server);
  envelope = createEnvelope({ custodian: server.custodian });
  words = createSealedText(envelope);
});
afterAll(() => server?.[Symbol.asyncDispose]());
beforeEach(() => admin.query('truncate person, session_key, invitation, idempotent_answer, tenant cascade'));

/** As the release before did. */
function sealedBefore(text: string, table: string, column: string, row: string): Buffer {
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', sessionKey, '', 'bailiwick/api/words', 32)));
  return encrypt(key, Buffer.from(text), encodeFields('bailiwick-sealed-text/1', table, column, row));
}
const person = (subject: string) =>
  admin.query('insert into person (subject, sealed) values ($1, $2)', [
    subject,
    sealedBefore(`name of ${subject}`, 'person', 'sealed', subject),
  ]);
const nameOf = async (subject: string) => {
  const { rows } = await admin.query<{ sealed: Buffer }>('select sealed from person where subject = $1', [subject]);
  return words.open(rows[0]?.sealed ?? Buffer.alloc(0), { table: 'person', column: 'sealed', row: subject });
};
const sessionKeys = async () =>
  (await admin.query<{ version: number; sealed: Buffer }>('select version, sealed from session_key')).rows;
const takeOver = (by: Pick<Envelope, 'seal'> = envelope) => takeOverEarlierApiKeys(database, by, async () => root);

test('is sealed with the keys of the api, more than one batch of it, and the key of sessions goes on', async () => {
  const tenant = newTenantId();
  for (let at = 0; at < 130; at += 1) await person(`discord:${at}`);
  await admin.query("insert into tenant (id, name, status) values ($1, 'Harmony', 'active')", [tenant]);
  await admin.query(
    `insert into invitation (id, tenant_id, role, sealed_note, token_hash, created_by, expires_at)
     values ('inv_1', $1, 'viewer', $2, '\\x00', 'discord:1', now())`,
    [tenant, sealedBefore('For Robin', 'invitation', 'sealed_note', 'inv_1')],
  );
  await takeOver();
  for (const at of [0, 99, 100, 129]) expect(await nameOf(`discord:${at}`)).toBe(`name of discord:${at}`);
  const { rows } = await admin.query<{ note: Buffer }>('select sealed_note as note from invitation');
  const noteAt = { table: 'invitation', column: 'sealed_note', row: 'inv_1' };
  expect(await words.open(rows[0]?.note ?? Buffer.alloc(0), noteAt)).toBe('For Robin');
  const [key, ...more] = await sessionKeys();
  expect([key?.version, more]).toEqual([1, []]);
  const place = { tenant: 'platform', table: 'session_key', column: 'sealed', row: '1' } as const;
  expect(Buffer.from(await envelope.open(key?.sealed ?? Buffer.alloc(0), place))).toEqual(sessionKey);
});

test('is taken over by the next start if the first was interrupted', async () => {
  for (let at = 0; at < 130; at += 1) await person(`discord:${at}`);
  let left = 110;
  const interrupted: Pick<Envelope, 'seal'> = {
    seal: (value, place) => ((left -= 1) < 0 ? Promise.reject(new Error('killed')) : envelope.seal(value, place)),
  };
  await expect(takeOver(interrupted)).rejects.toThrow('killed');
  expect(await sessionKeys()).toEqual([]);
  await takeOver();
  for (const at of [0, 99, 100, 129]) expect(await nameOf(`discord:${at}`)).toBe(`name of discord:${at}`);
  expect(await sessionKeys()).toHaveLength(1);
});

test('is left alone once it was taken over, and in a new installation', async () => {
  const never = () => Promise.reject(new Error('the root key is not needed'));
  await takeOverEarlierApiKeys(database, envelope, never);
  expect(await sessionKeys()).toEqual([]);
  await person('discord:1');
  await takeOver();
  const before = await sessionKeys();
  await takeOverEarlierApiKeys(database, envelope, never);
  expect(await sessionKeys()).toEqual(before);
});
