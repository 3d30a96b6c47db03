// @module-tag python
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { openRecords } from '#infra/database/prisma.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { createSealedText } from '#security/keyring/sealed-text.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { openSessionKeys } from '#services/api/src/sessions/session-keys.ts';
import { createPeople } from '#services/api/src/sessions/people.ts';
import { snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { sealedColumnsOf, sealedValues } from '#security/keyring/sealed-columns.ts';
import { scratchFolder } from '#test/scratch.ts';
import { storedSession } from '#test/security/world/stored-session.ts';
import { startWorld, type Customer, type World } from '#test/security/world/world.ts';
import { postgresTools } from './postgres-tools.ts';

/*
 * A database is dumped with pg_dump. Then one of its tenants is deleted, and a member is erased at another. When the dump
 * is restored, the keys that the installation has by then open nothing of it.
 */
let world: World;
let deleted: Customer;
let erased: Customer;
let untouched: Customer;
let folder: string;
let dump: string;
let restored: Database;
let restoredName: string | undefined;
let admin: string;
const member = snowflake('700000000000000007');
const playlist = 'Songs for the Ferry';
const note = 'For Marigold, who does the lighting';
const personName = 'Marigold Fairweather';
const title = 'Harbour Lights';

beforeAll(async () => {
  folder = await scratchFolder('restore');
  dump = path.join(folder, 'bailiwick.sql');
  const tools = await postgresTools();
  world = await startWorld();
  [deleted, erased, untouched] = [
    await world.customer('Deleted'),
    await world.customer('Erased'),
    await world.customer('Untouched'),
  ];
  admin = await world.session('discord:7001', { tenant: erased.id, role: 'owner' });
  for (const customer of [deleted, erased, untouched]) await keepSomething(customer);
  const { adminUrl } = world.parts.database;
  // Each of them has signed in to the portal once.
  await using records = openRecords({ url: adminUrl, maxConnections: 1 });
  const people = createPeople(records, wordsOfApi(), systemClock);
  await people.remember({ subject: `discord:${member}`, name: personName, avatarUrl: null });
  await people.remember({ subject: 'discord:7001', name: `${personName} too`, avatarUrl: null });
  await tools.dump(adminUrl, dump);

  const away = await world.doors.public({ method: 'DELETE', path: `/v1/tenants/${deleted.id}`, session: world.owner });
  expect(away.status, away.text).toBe(204);
  const data = `/v1/tenants/${erased.id}/discord-members/${member}/data`;
  const erasure = await world.doors.public({ method: 'DELETE', path: data, session: admin });
  expect(erasure.status, erasure.text).toBe(200);

  const url = new URL(adminUrl);
  restoredName = `${url.pathname.slice(1)}_restored`;
  await world.admin.query(`create database ${restoredName}`);
  url.pathname = `/${restoredName}`;
  await tools.restore(dump, url.href);
  restored = openDatabase({ url: url.href, maxConnections: 2 });
});
afterAll(async () => {
  await restored?.[Symbol.asyncDispose]();
  if (restoredName) await world?.admin.query(`drop database if exists ${restoredName} with (force)`);
  await world?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A playlist of the member, and a session with a track that they asked for, stored by audio. */
async function keepSomething(customer: Customer): Promise<void> {
  const { id, guild, bot } = customer;
  const entered = { 'playlist.create': { name: playlist } };
  const asking = { user: member, command: 'playlist' };
  const txnToken = await world.witnessed(customer, ['playlist.create'], asking, entered);
  const at = `/audio/v1/tenants/${id}/guilds/${guild}/library/playlists/create`;
  const made = await world.doors.call(bot, { method: 'POST', path: at, body: { name: playlist }, txnToken });
  expect(made.status, made.text).toBe(200);
  await world.admin.query('insert into music_session (tenant_id, guild_id, version, document) values ($1, $2, 1, $3)', [
    id,
    guild,
    JSON.stringify(storedSession(member, title)),
  ]);
  const owner = await world.session(`discord:8${id.length}`, { tenant: id, role: 'owner' });
  const invited = await world.doors.public({
    method: 'POST',
    path: `/v1/tenants/${id}/invitations`,
    session: owner,
    headers: { 'idempotency-key': `invitation-of-${id}` },
    body: { role: 'viewer', note },
  });
  expect(invited.status, invited.text).toBe(201);
  const volume = `/v1/tenants/${id}/guilds/${guild}/player/volume`;
  const set = await world.doors.public({ method: 'PUT', path: volume, session: owner, body: { percent: 20 } });
  expect(set.status, set.text).toBe(200);
}

const keys = {
  'discord-edge': () => world.parts.edgeKeys,
  audio: () => world.parts.audioKeys,
  api: () => world.parts.apiKeys,
};

const envelopeOf = (keeper: keyof typeof keys) => createEnvelope({ custodian: createFileCustodian(keys[keeper]()) });
const wordsOfApi = () => createSealedText(envelopeOf('api'));

/** Each sealed value of a tenant in the restored database: where it is, and the fault with which it does not open. */
async function attempts(tenant: TenantId, within: Database = restored): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  for (const keeper of ['discord-edge', 'audio'] as const) {
    const envelope = envelopeOf(keeper);
    for (const column of sealedColumnsOf(keeper)) {
      const place = `${column.table}.${column.column}`;
      await within.inTenant(tenant, async (transaction) => {
        for (const { sealed, location } of await sealedValues(column, transaction, tenant)) {
          const outcome = await envelope.open(sealed, location).then(
            () => 'opens',
            (error: { code: string }) => error.code,
          );
          found.set(place, (found.get(place) ?? new Set()).add(outcome));
        }
      });
    }
  }
  return found;
}

const places = [
  'application_credential.sealed',
  'event.snapshot',
  'gateway_session.document',
  'music_session.document',
  'track_list.name',
  'track_list.tracks',
];
const each = (outcome: string) => new Map(places.map((place) => [place, new Set([outcome])]));

test('the dump has the rows, and shows nothing of what is sealed', async () => {
  const text = await readFile(dump, 'utf8');
  expect(text).toContain('Dumped by pg_dump version 18');
  for (const { id } of [deleted, erased, untouched]) expect(text).toContain(id);
  for (const secret of [playlist, title, note, personName, deleted.discordToken, erased.discordToken])
    expect(text).not.toContain(secret);
});

describe('after the dump was restored', () => {
  test('everything of a tenant that was left alone opens', async () => {
    expect(await attempts(untouched.id)).toEqual(each('opens'));
  });

  test('nothing of the deleted tenant opens, with no key of the installation', async () => {
    expect(await attempts(deleted.id)).toEqual(each('keyring.unknown-key'));
  });

  test('nothing that was sealed before the erasure opens, so nothing of the erased member', async () => {
    expect(await attempts(erased.id)).toEqual(each('keyring.retired-version'));
  });

  test('no name of a person opens that the dump has, and the running installation shows those who are left', async () => {
    const shownIn = async (url: string): Promise<string[]> => {
      await using records = openRecords({ url, maxConnections: 1 });
      const subjects = [`discord:${member}`, 'discord:7001'];
      const shown = await createPeople(records, wordsOfApi(), systemClock).show(subjects);
      return [...shown.values()].map(({ name }) => name);
    };
    const { adminUrl } = world.parts.database;
    const url = new URL(adminUrl);
    url.pathname = restoredName ?? '';
    expect(await shownIn(url.href)).toEqual([`discord:${member}`, 'discord:7001']);
    expect(await shownIn(adminUrl)).toEqual([`discord:${member}`, `${personName} too`]);
  });

  test('nothing that the api had sealed opens: no note on an invitation, no name, no key of a session', async () => {
    const envelope = envelopeOf('api');
    const found = new Map<string, Set<string>>();
    for (const column of sealedColumnsOf('api'))
      await restored.acrossTenants(async (transaction) => {
        for (const { sealed, location } of await sealedValues(column, transaction, 'platform')) {
          const outcome = await envelope.open(sealed, location).then(
            () => 'opens',
            (error: { code: string }) => error.code,
          );
          found.set(column.table, (found.get(column.table) ?? new Set()).add(outcome));
        }
      });
    const closed = new Set(['keyring.retired-version']);
    expect(found).toEqual(new Map(['person', 'invitation', 'session_key'].map((table) => [table, closed])));
  });

  test('an api that starts with it makes a new key for sessions', async () => {
    const ports = { database: restored, envelope: envelopeOf('api'), clock: systemClock, logger: silentLogger() };
    using keys = await openSessionKeys(ports);
    expect(keys.accepted()).toHaveLength(1);
  });

  test('the running installation has gone on with new keys', async () => {
    await using live = openDatabase({ url: world.parts.database.adminUrl, maxConnections: 1 });
    const now = await attempts(erased.id, live);
    expect([...now.values()].every((outcomes) => outcomes.size === 1 && outcomes.has('opens'))).toBe(true);
    const invitations = `/v1/tenants/${untouched.id}/invitations`;
    const session = await world.session('discord:8999', { tenant: untouched.id, role: 'owner' });
    const kept = await world.doors.public({ path: invitations, session });
    expect(kept.body).toMatchObject({ items: [{ note }] });
    expect(now.has('track_list.name')).toBe(false);
    expect(now.has('music_session.document')).toBe(true);
    const pool = new pg.Pool({ connectionString: world.parts.database.adminUrl, max: 1 });
    const { rows } = await pool.query('select 1 from track_list where tenant_id = $1', [erased.id]);
    await pool.end();
    expect(rows).toEqual([]);
  });
});
