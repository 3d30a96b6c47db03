import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TenantId } from '#infra/kernel/ids.ts';
import { tenantKeyName } from '#security/keyring/data-keys.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { nameHash, parseCertificate } from '#tenants/deletion/certificate.ts';
import { verifyCertificate } from '#tenants/deletion/verify.ts';
import { scratchFolder } from '#test/scratch.ts';
import { eventually, startWorld, type Customer, type World } from '#test/security/world/world.ts';
import { bailiwick } from './cli-in-process.ts';
import { dumpOf } from './whole-database.ts';

/*
 * A tenant with a row in every table is deleted. Its certificate states what was deleted; a search through everything
 * that is stored finds nothing else of it.
 */
const name = 'Quillfeather Records';
const names = { asker: 'Ottoline Brackwater', gone: 'Beauregard Munchausen', elsewhere: 'Cosima Thistlewood' };
let world: World;
let acme: Customer;
let asker: string;
let stranger: string;
let before: Record<string, number>;
let deletion: string;
let certificate: string;

beforeAll(async () => {
  world = await startWorld();
  acme = await world.customer(name);
  const other = await world.bareTenant();
  const people = { 'discord:7001': names.asker, 'discord:7002': names.gone, 'discord:7003': names.elsewhere };
  for (const [subject, called] of Object.entries(people))
    await world.admin.query('insert into person (subject, name) values ($1, $2)', [subject, called]);
  asker = await world.session('discord:7001', { tenant: acme.id, role: 'owner' });
  for (const [tenant, subject] of [
    [acme.id, 'discord:7002'],
    [acme.id, 'discord:7003'],
    [other, 'discord:7003'],
  ])
    await world.admin.query("insert into tenant_member (tenant_id, subject, role) values ($1, $2, 'viewer')", [
      tenant,
      subject,
    ]);
  stranger = await world.session('discord:7009', { tenant: other, role: 'owner' });
  await furnish(acme);
  before = await rowsOf(acme.id);
  const answer = await world.doors.public({ method: 'DELETE', path: `/v1/tenants/${acme.id}`, session: asker });
  expect(answer.status, answer.text).toBe(204);
  deletion = String(answer.headers['deletion-id']);
  const read = await world.doors.public({ path: `/v1/deletions/${deletion}/certificate`, session: asker });
  expect(read.status, read.text).toBe(200);
  certificate = read.text;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await world?.[Symbol.asyncDispose]();
});

/** Makes sure that each table has a row of the tenant. */
async function furnish({ id, guild }: Customer): Promise<void> {
  await world.admin.query("insert into jobs.job (name, data, group_id) values ('webhook', $1, $2)", [
    { tenant: id, delivery: 'whd_1' },
    id,
  ]);
  const change = async (method: 'POST' | 'PUT', at: string, body?: unknown, headers = {}) => {
    const request = { method, path: `/v1/tenants/${id}${at}`, session: asker, headers };
    const answer = await world.doors.public({ ...request, ...(body === undefined ? {} : { body }) });
    expect(answer.status, answer.text).toBeLessThan(300);
  };
  const policy = { rules: [], otherwise: 'allow' };
  await change('PUT', `/guilds/${guild}/policy`, policy, { 'if-match': '*' });
  await change('PUT', `/guilds/${guild}/policy`, policy, { 'if-match': '*' });
  await change('POST', '/invitations', { role: 'viewer', note: names.gone });
  await change('POST', '/api-keys', { name: 'Jukebox', scopes: ['read'], expiresInDays: 1 });
  await change('PUT', '/keys/schedule', { days: 30 });
  await change('POST', '/keys/rotate');
  for (const [table, rest, values] of [
    ['music_session', 'guild_id, document, version', `'1', '{"current": null, "voiceChannel": null}', 1`],
    ['music_session', 'guild_id, document, version', `'2', '{"current": null, "voiceChannel": null}', 1`],
    ['lavalink_session', 'node_id, session_id', "'a', 'b'"],
    ['onboarding', 'document', "'{}'"],
    ['track_list', 'owner, list, name, tracks, length', String.raw`'1', 'favourites', '\x01', '\x01', 0`],
    ['guild_settings', 'guild_id, version, document', "'1', 1, '{}'"],
    ['play_statistics', 'generation, guild_id, at, kind, count', "1, '1', now(), 'played', 1"],
    ['window_state', 'name, watermark', "'plays-by-minute', now()"],
    ['window_pane', 'name, at, key, value', "'plays-by-minute', now(), 'played', 1"],
    ['feature_choice', 'feature, is_on', "'lyrics', false"],
    ['instance', 'desired', "'running'"],
    ['event_stream', 'stream, version, at', "'music-session/1', 1, now()"],
    [
      'event',
      'stream, version, at, id, type, schema_version, facts',
      "'music-session/1', 1, now(), 'evt_1', 'Paused', 1, '{}'",
    ],
    [
      'external_key',
      'keeper, id, url, mount, key_name, auth_mount, role_id, secret, proof',
      String.raw`'audio', 'xky_1', 'https://vault.example.com', 'transit', 'k', 'approle', 'r', '\x01', '\x01'`,
    ],
    ['external_key_use', 'keeper, change_id, revision', "'audio', 'xkc_1', 1"],
    ['webhook_endpoint', 'id, url, events, secret', String.raw`'whk_1', '\x01', '{track.started}', '\x01'`],
    [
      'event_dead_letter',
      'id, consumer, carrier, origin, reason, detail, event',
      "'edl_1', 'c', 'postgres', 'o', 'handler', '', '{}'",
    ],
    ['webhook_delivery', 'id, endpoint_id, message_id, type, body', "'whd_1', 'whk_1', 'msg_1', 'track.started', '{}'"],
  ])
    await world.admin.query(`insert into ${table} (tenant_id, ${rest}) values ($1, ${values}) on conflict do nothing`, [
      id,
    ]);
}

/** The tables of tenants' rows, except the log and the counts, and how many rows of this one each has. */
async function rowsOf(tenant: TenantId): Promise<Record<string, number>> {
  const { rows: tables } = await world.admin.query<{ table: string; column: string }>(
    `select c.relname as table, a.attname as column from pg_class c join pg_attribute a on a.attrelid = c.oid
       where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition and not attisdropped
         and (attname = 'tenant_id' or (attname = 'id' and relname = 'tenant')) and relname not like 'audit%'
         and relname <> 'deletion_count' order by 1`,
  );
  const counts: Record<string, number> = {};
  for (const { table, column } of tables) {
    const { rows } = await world.admin.query<{ count: number }>(
      `select count(*)::int as count from ${table} where ${column} = $1`,
      [tenant],
    );
    counts[table] = rows[0]?.count ?? 0;
  }
  return counts;
}

/** The tables in which the text, or its bytes, are found. */
async function tablesWith(text: string): Promise<string[]> {
  return [...new Set((await dumpOf(world.admin, text)).map(({ table }) => table))];
}

const keyOf = async () => {
  const { body } = await world.doors.public({ path: '/v1/deletions/key', session: stranger });
  return (body as { key: string }).key;
};

describe('the certificate', () => {
  it('verifies with the public key, and states who asked, and exactly what there was before', async () => {
    const verdict = verifyCertificate(certificate, await keyOf());
    if (!verdict.ok) throw new Error(verdict.fault);
    const { deleted, destroyed, ...stated } = verdict.value;
    expect(stated).toMatchObject({
      deletion,
      tenant: acme.id,
      nameSha256: nameHash(acme.id, name),
      requestedBy: 'discord:7001',
    });
    expect(Object.values(before).filter((count) => count === 0)).toEqual([]);
    // The deletion itself is told by two events: that it began, and that the token was removed.
    const event = (before['event'] ?? 0) + 2;
    expect(Object.fromEntries(deleted.map(({ store, count }) => [store, count]))).toEqual({
      ...before,
      event,
      person: 1,
    });
    expect(destroyed).toEqual([
      { store: 'key/audio', count: 0 },
      { store: 'key/discord-edge', count: 1 },
    ]);
  });

  it('names a checkpoint of the log that contains the end of the deletion', async () => {
    const { size, root } = parseCertificate(certificate.split('\n\n')[0] + '\n')?.log ?? { size: 0 };
    const { rows } = await world.admin.query<{ root_hash: Buffer }>(
      'select root_hash from audit_checkpoint where tenant_id = $1 and tree_size = $2',
      [acme.id, size],
    );
    expect(rows).toEqual([{ root_hash: root }]);
    const end = (await world.audit(acme.id)).findIndex(
      ({ action, outcome }) => action === 'tenant.delete' && outcome === 'succeeded',
    );
    expect(end).toBeGreaterThan(0);
    expect(end).toBeLessThan(size);
  });

  it('is read and listed by whoever asked and by operators, and by nobody else', async () => {
    const at = `/v1/deletions/${deletion}/certificate`;
    const listed = { items: [{ id: deletion, tenant: acme.id, requestedBy: 'discord:7001', certified: true }] };
    for (const session of [asker, world.owner]) {
      expect(await world.doors.public({ path: at, session })).toMatchObject({ status: 200, text: certificate });
      expect(await world.doors.public({ path: '/v1/deletions', session })).toMatchObject({ status: 200, body: listed });
    }
    expect(await world.doors.public({ path: at, session: stranger })).toMatchObject({
      status: 404,
      code: 'deletion.unknown',
    });
    expect((await world.doors.public({ path: '/v1/deletions', session: stranger })).body).toMatchObject({ items: [] });
    for (const path of [at, '/v1/deletions', '/v1/deletions/key'])
      expect(await world.doors.public({ path })).toMatchObject({ status: 401, code: 'session.required' });
    expect(await world.doors.public({ path: '/v1/deletions/del_x/certificate', session: asker })).toMatchObject({
      status: 400,
      code: 'http.invalid',
    });
  });

  it('is refused while the deletion is under way', async () => {
    const id = 'del_01h2xcejqtf2nbrexx3vqjhp41';
    await world.admin.query(
      "insert into deletion (id, tenant, requested_by, name_sha256) values ($1, 'ten_01h2xcejqtf2nbrexx3vqjhp41', 'discord:7001', '')",
      [id],
    );
    expect(await world.doors.public({ path: `/v1/deletions/${id}/certificate`, session: asker })).toMatchObject({
      status: 409,
      code: 'deletion.unfinished',
    });
    await world.admin.query('delete from deletion where id = $1', [id]);
  });
});

describe('after the deletion', () => {
  it('no table has a row of the tenant except its log, and no process a key except for the log', async () => {
    expect(Object.values(await rowsOf(acme.id)).filter((count) => count > 0)).toEqual([]);
    const { rows } = await world.admin.query('select 1 from deletion_count where tenant_id = $1', [acme.id]);
    expect(rows).toEqual([]);
    const edge = createFileCustodian(world.parts.edgeKeys);
    await expect(edge.versions(tenantKeyName(acme.id))).rejects.toMatchObject({ code: 'keyring.unknown-key' });
  });

  it('a search through all that is stored finds its id in the certificate and its log only', async () => {
    const log = ['public.audit_checkpoint', 'public.audit_key', 'public.audit_leaf', 'public.audit_succession'];
    await eventually(
      'its records are sealed and its workflows forgotten',
      async () => (await tablesWith(acme.id)).every((table) => !/audit_journal|workflows/.test(table)),
      60_000,
    );
    expect(await tablesWith(acme.id)).toEqual([...log, 'public.deletion']);
  });

  it('it finds the name of the tenant in its log only; its token and the names of its members nowhere', async () => {
    await eventually('its records are sealed', async () => !(await tablesWith(name)).includes('public.audit_journal'));
    expect(await tablesWith(name)).toEqual(['public.audit_leaf']);
    expect(await tablesWith(acme.discordToken)).toEqual([]);
    expect(await tablesWith(names.gone)).toEqual([]);
  });

  it('the name of a person who is in another tenant, or signed in, is still known', async () => {
    expect(await tablesWith(names.elsewhere)).toEqual(['public.person']);
    expect(await tablesWith(names.asker)).toEqual(['public.person']);
  });
});

describe('the command line', () => {
  it('deletes, lists, stores and verifies', async () => {
    const folder = await scratchFolder('deletions');
    const session = path.join(folder, 'session.json');
    const url = `http://127.0.0.1:${world.parts.proxy.publicPort}`;
    const tenant = await world.bareTenant();
    await world.session('discord:7010', { tenant, role: 'owner' });
    await writeFile(session, JSON.stringify({ url, token: await world.session('discord:7010') }));
    vi.stubEnv('BAILIWICK_SESSION', session);
    expect((await bailiwick('deletions', 'list')).out).toBe('None.\n');
    const deleted = await bailiwick('tenant', 'delete', tenant, '--yes');
    const [, id = ''] = /bailiwick deletions certificate (del_\w+)\n$/.exec(deleted.out) ?? [];
    expect((await bailiwick('deletions', 'list')).out).toContain(`${id}  ${tenant}  certified`);
    const file = path.join(folder, 'deletion.txt');
    expect(await bailiwick('deletions', 'certificate', id, '--out', file)).toMatchObject({ code: 0, error: '' });
    const again = await bailiwick('deletions', 'certificate', id, '--out', file);
    expect(again).toMatchObject({ code: 1, error: expect.stringContaining(file) });
    const key = (await bailiwick('deletions', 'key')).out.trim();
    const verified = await bailiwick('verify-deletion', file, '--key', key);
    expect(verified).toMatchObject({ code: 0, error: '', out: expect.stringContaining(`deleted ${tenant} on`) });
    await rm(folder, { recursive: true, force: true });
  });
});
