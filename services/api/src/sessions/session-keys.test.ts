import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '#infra/database/pool.ts';
import { FakeClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { decrypt, encrypt } from '#security/keyring/aes-gcm.ts';
import { createEnvelope, type Envelope } from '#security/keyring/envelope.ts';
import { sealedDatabase, type SealedDatabase } from '#test/sealed-database.ts';
import { firstOf, openSessionKeys, type SessionKeys } from './session-keys.ts';

/* The keys of sessions are replaced every thirty days, and what the last one has signed holds for a day longer. */
let server: SealedDatabase;
let database: Database;
let admin: pg.Pool;
let envelope: Envelope;
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

beforeAll(async () => {
  server = await sealedDatabase('api');
  ({ database, admin } = server);
  envelope = createEnvelope({ custodian: server.custodian });
});
afterAll(() => server?.[Symbol.asyncDispose]());
beforeEach(() => admin.query('delete from session_key'));

const open = (clock: FakeClock) => openSessionKeys({ database, envelope, clock, logger: silentLogger() });
const stored = async () =>
  (await admin.query<{ version: number; sealed: Buffer }>('select version, sealed from session_key order by version'))
    .rows;
const versions = async () => (await stored()).map(({ version }) => version);
const none = Buffer.alloc(0);
const sealedBy = (keys: SessionKeys) => encrypt(keys.current().idempotency, Buffer.from('an answer'), none);
const openedBy = (keys: SessionKeys, sealed: Buffer) =>
  firstOf(keys.accepted(), ({ idempotency }) => decrypt(idempotency, sealed, none))?.toString();

test('is created once by two that start at the same time, and is the same after a restart', async () => {
  const clock = new FakeClock();
  const [one, other] = await Promise.all([open(clock), open(clock)]);
  const again = await open(clock);
  expect(await versions()).toEqual([1]);
  for (const keys of [other, again]) expect(keys.current().access).toEqual(one.current().access);
  for (const keys of [one, other, again]) keys[Symbol.dispose]();
});

test('is stored sealed', async () => {
  using keys = await open(new FakeClock());
  const sealed = (await stored())[0]?.sealed ?? none;
  const opened = Buffer.from(
    await envelope.open(sealed, { tenant: 'platform', table: 'session_key', column: 'sealed', row: '1' }),
  );
  expect(opened).toHaveLength(32);
  for (const secret of [opened, keys.current().access]) expect(sealed.includes(secret)).toBe(false);
});

test('is replaced after thirty days, by a key that every api knows before it signs; the last is accepted for a day', async () => {
  const clock = new FakeClock();
  using one = await open(clock);
  using other = await open(clock);
  const first = one.current();
  const before = sealedBy(one);

  clock.advance(30 * day + minute);
  await expect.poll(versions).toEqual([1, 2]);
  clock.advance(minute);
  await expect.poll(() => [one.accepted().length, other.accepted().length]).toEqual([2, 2]);
  // Not yet: an api that has not looked would refuse what it signs.
  expect(one.current()).toBe(first);

  clock.advance(11 * minute);
  expect(one.current()).not.toBe(first);
  expect(other.current().access).toEqual(one.current().access);
  const after = sealedBy(one);
  for (const keys of [one, other]) {
    expect(openedBy(keys, before)).toBe('an answer');
    expect(openedBy(keys, after)).toBe('an answer');
  }

  clock.advance(26 * hour);
  await expect.poll(versions).toEqual([2]);
  await expect.poll(() => one.accepted().length).toBe(1);
  expect(openedBy(one, before)).toBeUndefined();
  expect(openedBy(one, after)).toBe('an answer');
});

test('goes on with the keys that it has if the database does not answer when it looks', async () => {
  const clock = new FakeClock();
  using keys = await open(clock);
  const first = keys.current();
  await admin.query('alter table session_key rename to session_key_away');
  try {
    clock.advance(minute);
    await expect.poll(() => clock.dueInMs()).toEqual([minute]);
    expect(keys.current()).toBe(first);
  } finally {
    await admin.query('alter table session_key_away rename to session_key');
  }
  clock.advance(31 * day);
  await expect.poll(versions).toEqual([1, 2]);
});
