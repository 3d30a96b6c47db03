import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '#infra/database/pool.ts';
import { newTenantId, snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { keyringFaults, type Custodian } from '#security/keyring/custodian.ts';
import { createEnvelope, type Envelope } from '#security/keyring/envelope.ts';
import { tenantKeyName } from '#security/keyring/data-keys.ts';
import { rotateTenantKey } from '#security/keyring/rotation.ts';
import { sealedColumnsOf } from '#security/keyring/sealed-columns.ts';
import { sealedDatabase, type SealedDatabase } from '#test/sealed-database.ts';
import { testEntry } from '../../testing/test-entry.ts';
import type { SessionStore } from '../application/ports.ts';
import { emptySession, type Session } from '../domain/session.ts';
import { SessionHistory } from './session-history.ts';
import { createSessionStore } from './session-store.ts';

let server: SealedDatabase;
let database: Database;
let admin: pg.Pool;
let custodian: Custodian;
let envelope: Envelope;
let store: SessionStore;
let tenant: TenantId;

const guild = snowflake('100000000000000001');
const otherGuild = snowflake('100000000000000002');
const lounge = snowflake('300000000000000001');
const ada = snowflake('500000000000000001');
const entry = testEntry({ title: 'Harbour Lights', author: 'The Quays', requestedBy: ada });

beforeAll(async () => {
  server = await sealedDatabase('audio', 4);
  ({ database, admin, custodian } = server);
});
afterAll(() => server?.[Symbol.asyncDispose]());
beforeEach(async () => {
  await admin.query('delete from music_session');
  envelope = createEnvelope({ custodian });
  store = sessionStore(envelope);
  tenant = newTenantId();
});

const sessionStore = (sealedBy: Envelope): SessionStore =>
  createSessionStore(database, database, sealedBy, new SessionHistory(database, sealedBy), silentLogger());
const session = (version: number, over: Partial<Session> = {}): Session => ({
  ...emptySession(guild),
  version,
  current: entry,
  positionMs: 12.5,
  asOfMs: 34,
  voiceChannel: lounge,
  ...over,
});
const rows = async () => (await admin.query<{ row: string }>('select m::text as row from music_session m')).rows;
const versions = async () => (await custodian.versions(tenantKeyName(tenant))).map(({ version }) => version);
const rotate = (to: number) =>
  rotateTenantKey(
    { custodian, database, envelope, columns: sealedColumnsOf('audio'), done: () => Promise.resolve() },
    tenant,
    to,
  );

/** As releases before the documents were sealed have left it. */
const storeUnsealed = ({ guild: of, version, ...document }: Session) =>
  admin.query(
    `insert into music_session (tenant_id, guild_id, version, document, active, position_ms, as_of_ms)
       values ($1, $2, $3, $4, true, $5, $6)`,
    [tenant, of, version, JSON.stringify(document), document.positionMs, document.asOfMs],
  );

test('stores a session that only the keys can read, and reads it again', async () => {
  expect(await store.write({ tenant, guild }, session(1))).toBe(true);
  const [stored] = await rows();
  for (const word of ['Harbour', 'Quays', ada, lounge]) expect(stored?.row).not.toContain(word);
  expect(await store.read({ tenant, guild })).toEqual(session(1));
});

test('stores a change of the version before it, and nothing else', async () => {
  await store.write({ tenant, guild }, session(1));
  expect(await store.write({ tenant, guild }, session(2, { volume: 20 }))).toBe(true);
  expect(await store.write({ tenant, guild }, session(2, { volume: 30 }))).toBe(false);
  expect(await store.read({ tenant, guild })).toMatchObject({ version: 2, volume: 20 });
});

test('stores a position without the keys', async () => {
  await store.write({ tenant, guild }, session(1));
  const before = await admin.query('select document from music_session');
  await store.writePosition({ tenant, guild }, session(1, { positionMs: 99.6, asOfMs: 100 }));
  expect(await store.read({ tenant, guild })).toEqual(session(1, { positionMs: 100, asOfMs: 100 }));
  expect((await admin.query('select document from music_session')).rows).toEqual(before.rows);
});

test('finds the sessions that play, wait or are in voice', async () => {
  await store.write({ tenant, guild }, session(1, { current: null }));
  await store.write(
    { tenant, guild: otherGuild },
    session(1, { guild: otherGuild, current: null, voiceChannel: null }),
  );
  expect((await store.active(tenant)).map((each) => each.guild)).toEqual([guild]);
  expect(await store.activeOf([tenant, newTenantId()])).toMatchObject([{ tenant, session: { guild } }]);
  expect(await store.guilds(tenant)).toEqual([guild, otherGuild]);
});

test('opens a document only for its own guild', async () => {
  await store.write({ tenant, guild }, session(1));
  await admin.query('update music_session set guild_id = $1', [otherGuild]);
  await expect(store.read({ tenant, guild: otherGuild })).rejects.toMatchObject({ code: 'keyring.foreign' });
});

test('finds the others if one does not open', async () => {
  const other = newTenantId();
  await store.write({ tenant, guild }, session(1));
  await store.write({ tenant: other, guild }, session(1));
  await envelope.destroy(other);
  expect(await store.activeOf([tenant, other])).toMatchObject([{ tenant }]);
});

describe('sessions of earlier releases', () => {
  test('are read, and sealed with everything that is in them', async () => {
    await storeUnsealed(session(7, { queue: [entry] }));
    await storeUnsealed(session(1, { guild: otherGuild, history: [entry] }));
    expect(await store.read({ tenant, guild })).toEqual(session(7, { queue: [entry] }));
    await store.sealEarlier();
    expect(JSON.stringify(await rows())).not.toContain('Harbour');
    expect(await store.read({ tenant, guild })).toEqual(session(7, { queue: [entry] }));
    expect(await store.read({ tenant, guild: otherGuild })).toEqual(
      session(1, { guild: otherGuild, history: [entry] }),
    );
    await store.sealEarlier();
    expect(await store.write({ tenant, guild }, session(8))).toBe(true);
  });

  test('are sealed later if the keys cannot be reached, and are changed meanwhile once they can', async () => {
    await storeUnsealed(session(1));
    const away = () => Promise.reject(keyringFaults.unavailable('as the test wants', undefined));
    const without = sessionStore(createEnvelope({ custodian: { ...custodian, wrap: away, unwrap: away } }));
    await expect(without.sealEarlier()).rejects.toMatchObject({ code: 'keyring.unavailable' });
    await expect(without.write({ tenant, guild }, session(2))).rejects.toMatchObject({
      code: 'player.unavailable',
      status: 424,
    });
    expect(await store.read({ tenant, guild })).toEqual(session(1));
    expect(await store.write({ tenant, guild }, session(2))).toBe(true);
    expect(JSON.stringify(await rows())).not.toContain('Harbour');
  });
});

test("a tenant's own key that is away keeps nobody else's sessions from being read and sealed", async () => {
  const other = newTenantId();
  const away = Object.assign(new Error('away'), { code: 'keyring.external-key' });
  const outer = {
    wrap: (of: TenantId) => (of === other ? Promise.reject(away) : Promise.resolve(undefined)),
    unwrap: () => Promise.reject(away),
  };
  store = sessionStore(createEnvelope({ custodian, outer }));
  await storeUnsealed(session(1));
  await admin.query(
    "insert into music_session (tenant_id, guild_id, version, document, active) select $1, '1', 1, document, true from music_session",
    [other],
  );
  await store.sealEarlier();
  const { rows: left } = await admin.query("select tenant_id from music_session where not document ? 'sealed'");
  expect(left).toEqual([{ tenant_id: other }]);
  await expect(store.write({ tenant: other, guild }, session(1))).rejects.toMatchObject({
    code: 'player.unavailable',
    status: 424,
  });
});

describe('a rotation', () => {
  test('takes the sessions along while they are changed and read, and destroys the old version', async () => {
    await store.write({ tenant, guild }, session(1));
    let version = 1;
    const over = new AbortController();
    const changing = (async () => {
      while (!over.signal.aborted) {
        version += 1;
        expect(await store.write({ tenant, guild }, session(version))).toBe(true);
        expect(await store.read({ tenant, guild })).toMatchObject({ version });
      }
    })();
    for (const to of [2, 3, 4]) expect(await rotate(to)).toMatchObject({ version: to, complete: true });
    over.abort();
    await changing;
    expect(await versions()).toEqual([4]);
    expect(await store.read({ tenant, guild })).toMatchObject({ version });
  });

  test('leaves a copy of the database from before unreadable', async () => {
    await store.write({ tenant, guild }, session(1));
    const { rows: copy } = await admin.query('select * from music_session');
    await rotate(2);
    await admin.query('update music_session set document = $1', [copy[0].document]);
    await expect(store.read({ tenant, guild })).rejects.toMatchObject({ code: 'keyring.retired-version' });
  });

  test('does not count a session that an earlier release has stored unsealed as one that the keys sealed', async () => {
    await storeUnsealed(session(1));
    await store.write({ tenant, guild: otherGuild }, session(1, { guild: otherGuild }));
    expect(await rotate(2)).toEqual({ version: 2, resealed: 1, complete: true });
    expect(await store.read({ tenant, guild })).toEqual(session(1));
  });
});
