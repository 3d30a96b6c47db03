import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { snowflake, type Snowflake } from '#infra/kernel/ids.ts';
import { tenantKeyName } from '#security/keyring/data-keys.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { verifyExport } from '#security/audit/verify.ts';
import { scratchFolder } from '#test/scratch.ts';
import { storedSession } from '#test/security/world/stored-session.ts';
import { eventually, startWorld, type Customer, type World } from '#test/security/world/world.ts';
import { bailiwick } from './cli-in-process.ts';
import { dumpOf } from './whole-database.ts';

/*
 * A member of a Discord server uses everything that a bot offers, and is erased at its tenant. A search through
 * everything that is stored finds neither their id nor their name.
 */
const name = 'Peregrine Underhill';
let world: World;
let acme: Customer;
let other: Customer;
let member: Snowflake;
let admin: string;
let before: string;
let asked: { status: number; text: string; body: unknown };

beforeAll(async () => {
  world = await startWorld();
  acme = await world.customer('Erasing');
  other = await world.customer('Elsewhere');
  member = acme.member;
  admin = await world.session('discord:7001', { tenant: acme.id, role: 'admin' });
  await world.admin.query('insert into person (subject, name) values ($1, $2)', [`discord:${member}`, name]);
  await takePart(acme, member);
  await takePart(acme, snowflake('700000000000000007'));
  await takePart(other, member);
  await eventually('the log names the member', async () => (await exported()).includes(member));
  before = await exported();
  asked = await erase(member, admin);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await world?.[Symbol.asyncDispose]();
});

const erase = (user: string, session: string, tenant = acme.id) =>
  world.doors.public({ method: 'DELETE', path: `/v1/tenants/${tenant}/discord-members/${user}/data`, session });
const exported = async (): Promise<string> =>
  (await world.doors.public({ path: `/v1/tenants/${acme.id}/audit/export`, session: admin })).text;
const key = async () =>
  ((await world.doors.public({ path: `/v1/tenants/${acme.id}/audit/key`, session: admin })).body as { key: string })
    .key;

/** Leaves the member in a session, in the history of the server, in a list of their own, and in the log. */
async function takePart({ id, guild, bot, ...customer }: Customer, user: Snowflake): Promise<void> {
  const at = `/audio/v1/tenants/${id}/guilds/${guild}`;
  const action = 'playlist.create';
  const body = { name: 'Evening' };
  const entered = { [action]: body };
  const txnToken = await world.witnessed(
    { id, guild, bot, ...customer },
    [action],
    { user, command: 'playlist' },
    entered,
  );
  const made = await world.doors.call(bot, { method: 'POST', path: `${at}/library/playlists/create`, body, txnToken });
  expect(made.status, made.text).toBe(200);
  await world.admin.query(
    `insert into music_session (tenant_id, guild_id, version, document) values ($1, $2, 1, $3)
       on conflict (tenant_id, guild_id) do nothing`,
    [id, guild, JSON.stringify(storedSession(user, 'Harbour Lights'))],
  );
}

const tablesWith = async (text: string): Promise<string[]> =>
  [...new Set((await dumpOf(world.admin, text)).map(({ table }) => table))].sort();

const sessionOf = async ({ id, guild }: Customer) =>
  (await world.doors.public({ path: `/v1/tenants/${id}/guilds/${guild}/player`, session: world.owner })).body;

describe('the erasure of a member', () => {
  it('is done, and names nothing that would still name the member', () => {
    expect(asked.status, asked.text).toBe(200);
    expect(asked.body).toMatchObject({ status: 'done', namedInPolicies: [] });
  });

  it('leaves their id at this tenant, and their name, nowhere in the database', async () => {
    await eventually(
      'the workflow is forgotten, and all is sealed',
      async () => (await tablesWith(member)).every((table) => !/workflow|journal|operation/.test(table)),
      60_000,
    );
    expect(await tablesWith(name)).toEqual([]);
    // The other tenant's rows are theirs.
    const rows = await dumpOf(world.admin, member);
    expect(rows.filter(({ row }) => !row.includes(other.id))).toEqual([]);
    expect(rows.length).toBeGreaterThan(0);
  });

  it('leaves the music, for nobody, and what others keep', async () => {
    expect(await sessionOf(acme)).toMatchObject({ queue: [{ title: 'Harbour Lights', requestedBy: null }] });
    expect(await sessionOf(other)).toMatchObject({ queue: [{ title: 'Harbour Lights', requestedBy: member }] });
    const { rows } = await world.admin.query('select tenant_id, owner from track_list order by owner');
    expect(rows).toEqual(
      expect.arrayContaining([
        { tenant_id: acme.id, owner: '700000000000000007' },
        { tenant_id: other.id, owner: member },
      ]),
    );
    expect(rows).toHaveLength(2);
  });

  it('leaves a log that verifies, as does the export from before, and says who asked', async () => {
    const after = await exported();
    expect(after).not.toContain(member);
    const verified = (text: string, with_: { earlier?: string } = {}) =>
      key().then((trusted) => verifyExport(Readable.from([text]), { key: trusted, ...with_ }));
    const { checkpoint, key: oldKey } = JSON.parse(before.split('\n')[0] ?? '') as { checkpoint: string; key: string };
    expect(await verified(after, { earlier: checkpoint })).toMatchObject({ ok: true, problems: [] });
    expect((await verified(after)).redacted).toBeGreaterThan(0);
    expect(await verifyExport(Readable.from([before]), { key: oldKey })).toMatchObject({ ok: true, redacted: 0 });
    await eventually('it is recorded', async () => (await erasures()).length === 2);
    const { erasure } = asked.body as { erasure: string };
    expect(await erasures()).toMatchObject([
      { outcome: 'allowed', target: `erasure:${erasure}`, actor: { type: 'tenant-member', id: 'discord:7001' } },
      { outcome: 'succeeded', target: `erasure:${erasure}`, actor: { type: 'tenant-member', id: 'discord:7001' } },
    ]);
  });

  it('replaces the keys of the tenant, and destroys what backups from before would need', async () => {
    for (const folder of [world.parts.edgeKeys, world.parts.audioKeys]) {
      const versions = await createFileCustodian(folder).versions(tenantKeyName(acme.id));
      expect(versions.map(({ version }) => version)).toEqual([2]);
    }
  });

  it('can be repeated', async () => {
    expect(await erase(member, admin)).toMatchObject({ status: 200, body: { status: 'done' } });
    expect(await exported()).not.toContain(member);
  });

  it('says which policies name the member, and leaves them', async () => {
    const user = '700000000000000009';
    const rule = { id: 'r', effect: 'deny', who: { users: [user] }, commands: ['stop'] };
    const at = `/v1/tenants/${acme.id}/guilds/${acme.guild}/policy`;
    const headers = { 'if-match': '*' };
    const body = { rules: [rule], otherwise: 'allow' };
    expect((await world.doors.public({ method: 'PUT', path: at, session: admin, headers, body })).status).toBe(200);
    expect(await erase(user, admin)).toMatchObject({ status: 200, body: { namedInPolicies: [acme.guild] } });
    expect((await world.doors.public({ path: at, session: admin })).text).toContain(user);
  });

  it('is refused for somebody with a role in the tenant, and changes nothing', async () => {
    const state = await world.state();
    expect(await erase('7001', admin)).toMatchObject({ status: 409, code: 'erasure.has-role' });
    expect(await world.state()).toBe(state);
  });
});

const erasures = async () =>
  (await world.audit(acme.id)).filter(({ action, kind }) => action === 'member.erase' && kind === 'change').slice(0, 2);

describe('the command line', () => {
  it('erases a member, and wants to be sure', async () => {
    const folder = await scratchFolder('erasure');
    const session = path.join(folder, 'session.json');
    const url = `http://127.0.0.1:${world.parts.proxy.publicPort}`;
    await writeFile(session, JSON.stringify({ url, token: admin }));
    vi.stubEnv('BAILIWICK_SESSION', session);
    const given = ['erase-member', '--tenant', acme.id, '--user', '700000000000000007'];
    expect(await bailiwick(...given)).toMatchObject({ error: expect.stringContaining('--yes') });
    expect(await tablesWith('700000000000000007')).not.toEqual([]);
    expect(await bailiwick(...given, '--yes')).toMatchObject({
      code: 0,
      error: '',
      out: expect.stringMatching(/^✓ Erased\. The audit log records it as era_\w+/),
    });
    await rm(folder, { recursive: true, force: true });
  });
});
