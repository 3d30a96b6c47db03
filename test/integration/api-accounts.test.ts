import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '#infra/database/pool.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import type { MemberRole } from '#policies/roles.ts';
import { audienceId, service, spiffeId } from '#security/identity/spiffe.ts';
import { workloadTls } from '#security/identity/workload-connection.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { createSealedText } from '#security/keyring/sealed-text.ts';
import { sealEarlierWords } from '#services/api/src/sessions/sealed-words.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import type { Answer } from '#test/security/world/doors.ts';
import { eventually, startWorld, type World } from '#test/security/world/world.ts';

/** Members, invitations, API keys and suspensions: what must not work beside what must. */
let world: World;
const guild = '80351110224678912';
let people = 1_000;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

interface Person {
  readonly subject: string;
  ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answer>;
}

async function person(membership?: { tenant: TenantId; role: MemberRole }): Promise<Person> {
  people += 1;
  const subject = `discord:${people}`;
  const session = await world.session(subject, membership);
  return {
    subject,
    ask: (method, path, body) => world.doors.public({ method, path, session, ...(body === undefined ? {} : { body }) }),
  };
}
const withKey = (key: string) => (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) =>
  world.doors.public({ method, path, session: key, ...(body === undefined ? {} : { body }) });

type Described = Record<
  string,
  Record<string, { operationId: string; security?: { readonly apiKey?: readonly string[] }[] }>
>;

/** A tenant with an owner; `at` is its path. */
async function owned() {
  const tenant = await world.bareTenant();
  const owner = await person({ tenant, role: 'owner' });
  return { tenant, owner, at: `/v1/tenants/${tenant}` };
}
const bodyOf = <Body>(answer: Answer): Body => {
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body as Body;
};
async function unchanged(run: () => Promise<Answer>): Promise<Answer> {
  const before = await world.state();
  const answer = await run();
  expect(await world.state(), answer.text).toBe(before);
  return answer;
}

describe('members', () => {
  it('are listed page by page, changed and removed by an owner, each with an audit record', async () => {
    const { tenant, owner, at } = await owned();
    const viewer = await person({ tenant, role: 'viewer' });
    const admin = await person({ tenant, role: 'admin' });
    interface Page {
      items: { subject: string; role: string }[];
      nextCursor: string | null;
    }
    const first = bodyOf<Page>(await viewer.ask('GET', `${at}/members?limit=2`));
    expect(first.items.map(({ subject }) => subject)).toEqual([owner.subject, viewer.subject]);
    const second = bodyOf<Page>(await viewer.ask('GET', `${at}/members?limit=2&cursor=${first.nextCursor}`));
    expect(second).toMatchObject({ items: [{ subject: admin.subject, role: 'admin' }], nextCursor: null });
    bodyOf(await owner.ask('PUT', `${at}/members/${viewer.subject}`, { role: 'auditor' }));
    expect((await viewer.ask('GET', `${at}/audit/key`)).status).not.toBe(403);
    bodyOf(await owner.ask('DELETE', `${at}/members/${viewer.subject}`));
    expect(await viewer.ask('GET', at)).toMatchObject({ status: 404, code: 'tenant.unknown' });
    const records = (await world.audit(tenant)).filter(({ action }) => action === 'member.write');
    expect(records.map(({ outcome, target, detail }) => [outcome, target, detail])).toEqual([
      ['succeeded', `member:${viewer.subject}`, { role: 'auditor' }],
      ['succeeded', `member:${viewer.subject}`, { role: null }],
    ]);
  });

  it('cannot be changed by an admin, by themselves, or by the owner of another tenant', async () => {
    const { tenant, at } = await owned();
    const admin = await person({ tenant, role: 'admin' });
    const { owner: stranger } = await owned();
    for (const [who, status, code] of [
      [admin, 403, 'api.denied'],
      [stranger, 404, 'tenant.unknown'],
    ] as const) {
      const promote = () => who.ask('PUT', `${at}/members/${admin.subject}`, { role: 'owner' });
      expect(await unchanged(promote)).toMatchObject({ status, code });
      expect(await unchanged(() => who.ask('POST', `${at}/invitations`, { role: 'owner' }))).toMatchObject({
        status,
        code,
      });
      expect(await unchanged(() => who.ask('POST', `${at}/ownership`, { subject: who.subject }))).toMatchObject({
        status,
        code,
      });
    }
  });

  it('always include an owner, even when both leave at once; others may leave', async () => {
    const { tenant, owner, at } = await owned();
    const viewer = await person({ tenant, role: 'viewer' });
    expect((await viewer.ask('DELETE', `${at}/members/${viewer.subject}`)).status).toBe(204);
    for (const leave of [
      () => owner.ask('DELETE', `${at}/members/${owner.subject}`),
      () => owner.ask('PUT', `${at}/members/${owner.subject}`, { role: 'viewer' }),
    ])
      expect(await unchanged(leave)).toMatchObject({ status: 409, code: 'member.last-owner' });
    const auditor = await person({ tenant, role: 'auditor' });
    await world.admin.query("update tenant set status = 'suspended', version = version + 1 where id = $1", [tenant]);
    expect((await auditor.ask('DELETE', `${at}/members/${auditor.subject}`)).status).toBe(204);
    const other = await person({ tenant, role: 'owner' });
    const both = await Promise.all([owner, other].map((each) => each.ask('DELETE', `${at}/members/${each.subject}`)));
    expect(both.map(({ status }) => status).sort()).toEqual([204, 409]);
  });

  it('can take over a tenant from its owner, who remains as an admin', async () => {
    const { tenant, owner, at } = await owned();
    const heir = await person({ tenant, role: 'viewer' });
    expect(await owner.ask('POST', `${at}/ownership`, { subject: 'discord:1' })).toMatchObject({
      status: 404,
      code: 'member.unknown',
    });
    expect((await owner.ask('POST', `${at}/ownership`, { subject: heir.subject })).status).toBe(204);
    expect((await owner.ask('PUT', `${at}/members/${heir.subject}`, { role: 'viewer' })).code).toBe('api.denied');
    expect((await heir.ask('GET', '/v1/me')).body).toMatchObject({ tenants: [{ id: tenant, role: 'owner' }] });
    expect((await owner.ask('GET', '/v1/me')).body).toMatchObject({ tenants: [{ id: tenant, role: 'admin' }] });
  });
});

describe('a tenant', () => {
  const rename = (session: string, at: string, ifMatch: string, name: string) =>
    world.doors.public({ method: 'PATCH', path: at, session, headers: { 'if-match': ifMatch }, body: { name } });

  it('is renamed only by a caller who has seen its current name, which the audit record keeps', async () => {
    const { tenant, owner, at } = await owned();
    const session = await world.session(owner.subject);
    const seen = await owner.ask('GET', at);
    const before = (seen.body as { tenant: { name: string } }).tenant.name;
    const etag = String(seen.headers['etag']);
    const renamed = await rename(session, at, etag, '  Harmony   Records ');
    expect(renamed).toMatchObject({ status: 200, body: { id: tenant, name: 'Harmony Records' } });
    expect(renamed.headers['etag']).not.toBe(etag);
    expect(await unchanged(() => rename(session, at, etag, 'Late'))).toMatchObject({
      status: 412,
      code: 'tenant.conflict',
    });
    expect((await owner.ask('GET', '/v1/me')).body).toMatchObject({
      tenants: [{ id: tenant, name: 'Harmony Records' }],
    });
    const records = (await world.audit(tenant)).filter(({ action }) => action === 'tenant.update');
    expect(records).toMatchObject([
      { kind: 'change', outcome: 'succeeded', target: 'name', detail: { name: 'Harmony Records', before } },
    ]);
  });

  it('that is being deleted cannot be renamed, but a suspended one can', async () => {
    const { tenant, owner, at } = await owned();
    const session = await world.session(owner.subject);
    const become = (status: string) =>
      world.admin.query('update tenant set status = $2 where id = $1', [tenant, status]);
    await become('suspended');
    expect((await rename(session, at, '*', 'Paused')).status).toBe(200);
    await become('deleting');
    expect(await unchanged(() => rename(session, at, '*', 'Gone'))).toMatchObject({
      status: 409,
      code: 'tenant.status',
    });
  });

  it('has an invite link with a bot, and none without', async () => {
    const { owner, at } = await owned();
    expect((await owner.ask('GET', at)).body).toMatchObject({ inviteUrl: null });
    const customer = await world.customer('Invited');
    const viewer = await person({ tenant: customer.id, role: 'viewer' });
    const { inviteUrl } = bodyOf<{ inviteUrl: string }>(await viewer.ask('GET', `/v1/tenants/${customer.id}`));
    expect(new URL(inviteUrl).pathname).toBe('/oauth2/authorize');
    expect(new URL(inviteUrl).searchParams.get('client_id')).toBe(customer.applicationId);
  });
});

describe('a cursor', () => {
  it('is valid only unchanged, and for the list, tenant and operation that it was issued for', async () => {
    const { tenant, owner, at } = await owned();
    await person({ tenant, role: 'viewer' });
    const other = await owned();
    const { nextCursor } = bodyOf<{ nextCursor: string }>(await owner.ask('GET', `${at}/members?limit=1`));
    const refused = async (who: Person, path: string) =>
      expect(await who.ask('GET', path), path).toMatchObject({ status: 400, code: 'page.cursor' });
    await refused(other.owner, `${other.at}/members?cursor=${nextCursor}`);
    await refused(owner, `${at}/invitations?cursor=${nextCursor}`);
    const forged = Buffer.from(nextCursor, 'base64url');
    forged[forged.length - 2] = 0x39;
    await refused(owner, `${at}/members?cursor=${forged.toString('base64url')}`);
    await refused(owner, `${at}/members?cursor=AAAA`);
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor=', 'cursor=%00', 'page=2'])
      expect((await owner.ask('GET', `${at}/members?${query}`)).status, query).toBe(400);
    expect((await owner.ask('GET', `${at}/members?cursor=${nextCursor}`)).status).toBe(200);
  });
});

describe('an invitation', () => {
  const invite = async (owner: Person, at: string, role: MemberRole = 'viewer') => {
    const made = bodyOf<{ id: string; url: string }>(
      await owner.ask('POST', `${at}/invitations`, { role, note: 'For Robin' }),
    );
    return { id: made.id, token: made.url.split('#')[1] ?? '' };
  };
  const refusal = { status: 404, code: 'invitation.refused' };

  it('makes its holder a member once, however many try at the same time', async () => {
    const { tenant, owner, at } = await owned();
    const { token, id } = await invite(owner, at, 'auditor');
    const guests = await Promise.all([person(), person(), person()]);
    const answers = await Promise.all(guests.map((guest) => guest.ask('POST', '/v1/invitations/accept', { token })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404]);
    const winner = guests[answers.findIndex(({ status }) => status === 200)] as Person;
    expect((await winner.ask('GET', '/v1/me')).body).toMatchObject({ tenants: [{ id: tenant, role: 'auditor' }] });
    expect(await winner.ask('POST', '/v1/invitations/accept', { token })).toMatchObject(refusal);
    expect(await owner.ask('DELETE', `${at}/invitations/${id}`)).toMatchObject({
      status: 404,
      code: 'invitation.unknown',
    });
    const joined = (await world.audit(tenant)).find(({ action }) => action === 'member.join');
    expect(joined).toMatchObject({ actor: { id: winner.subject }, outcome: 'succeeded', detail: { role: 'auditor' } });
  });

  it('has a note that the database does not show, also one that an earlier release has stored', async () => {
    const { tenant, owner, at } = await owned();
    const { id } = await invite(owner, at);
    const notes = async () =>
      bodyOf<{ items: { note: string | null }[] }>(await owner.ask('GET', `${at}/invitations`)).items;
    const stored = async () =>
      (await world.admin.query<{ row: string }>('select i::text as row from invitation i where id = $1', [id])).rows[0]
        ?.row;
    expect(await notes()).toMatchObject([{ note: 'For Robin' }]);
    expect(await stored()).not.toContain('Robin');
    await world.admin.query("update invitation set note = 'For Quill', sealed_note = null where tenant_id = $1", [
      tenant,
    ]);
    expect(await notes()).toMatchObject([{ note: 'For Quill' }]);
    const words = createSealedText(createEnvelope({ custodian: createFileCustodian(world.parts.apiKeys) }));
    await using api = openDatabase({ url: world.parts.database.urlOf('api'), maxConnections: 1 });
    await sealEarlierWords(api, words);
    await sealEarlierWords(api, words);
    expect(await stored()).not.toContain('Quill');
    expect(await notes()).toMatchObject([{ note: 'For Quill' }]);
    // Moved to another invitation, or sealed with another key, it is not shown.
    await invite(owner, at);
    await world.admin.query('update invitation set sealed_note = (select sealed_note from invitation where id = $1)', [
      id,
    ]);
    expect((await notes()).map(({ note }) => note).sort()).toEqual(['For Quill', null]);
  });

  it('can be previewed by a signed-in holder: the tenant, its bot, the role and who invited', async () => {
    const { tenant, owner, at } = await owned();
    await world.admin.query("update tenant set name = 'Harmony Records', bot_username = 'Melody' where id = $1", [
      tenant,
    ]);
    await world.admin.query("insert into person (subject, name, updated_at) values ($1, 'Max', now())", [
      owner.subject,
    ]);
    const { token } = await invite(owner, at, 'auditor');
    const guest = await person();
    const preview = (who: Person, text: string) =>
      unchanged(() => who.ask('POST', '/v1/invitations/preview', { token: text }));
    const told = { tenant: { id: tenant, name: 'Harmony Records' }, bot: 'Melody', role: 'auditor', invitedBy: 'Max' };
    expect(await preview(guest, token)).toMatchObject({ status: 200, body: { ...told, currentRole: null } });
    expect(await preview(owner, token)).toMatchObject({ status: 200, body: { ...told, currentRole: 'owner' } });
    expect(await preview(guest, `${token}x`)).toMatchObject(refusal);
    const path = '/v1/invitations/preview';
    expect((await world.doors.public({ method: 'POST', path, body: { token } })).status).toBe(401);
    expect((await guest.ask('GET', at)).status).toBe(404);
    // The preview did not use it up.
    expect((await guest.ask('POST', '/v1/invitations/accept', { token })).status).toBe(200);
    expect(await preview(guest, token)).toMatchObject(refusal);
    const goes = await invite(owner, at);
    await world.admin.query("update tenant set status = 'deleting' where id = $1", [tenant]);
    expect(await preview(guest, goes.token)).toMatchObject(refusal);
  });

  it('is worthless if it is expired, revoked, made up, for a tenant being deleted, or used without signing in', async () => {
    const { tenant, owner, at } = await owned();
    const guest = await person();
    const accept = (token: string) => unchanged(() => guest.ask('POST', '/v1/invitations/accept', { token }));
    const late = await invite(owner, at);
    await world.admin.query("update invitation set expires_at = now() - interval '1 second' where id = $1", [late.id]);
    expect(await accept(late.token)).toMatchObject(refusal);
    const withdrawn = await invite(owner, at);
    expect((await owner.ask('DELETE', `${at}/invitations/${withdrawn.id}`)).status).toBe(204);
    expect(await accept(withdrawn.token)).toMatchObject(refusal);
    expect(await accept(`bwi_${'A'.repeat(43)}`)).toMatchObject(refusal);
    const good = await invite(owner, at);
    expect(
      (await world.doors.public({ method: 'POST', path: '/v1/invitations/accept', body: { token: good.token } }))
        .status,
    ).toBe(401);
    await world.admin.query("update tenant set status = 'deleting' where id = $1", [tenant]);
    expect(await accept(good.token)).toMatchObject(refusal);
    await world.admin.query("update tenant set status = 'active' where id = $1", [tenant]);
    expect((await guest.ask('POST', '/v1/invitations/accept', { token: good.token })).status).toBe(200);
  });

  it('is revoked and listed only in its own tenant, lowers no role, and is not stored in plain text', async () => {
    const { owner, at } = await owned();
    const stranger = await owned();
    const { id, token } = await invite(owner, at);
    expect(await stranger.owner.ask('DELETE', `${stranger.at}/invitations/${id}`)).toMatchObject({
      status: 404,
      code: 'invitation.unknown',
    });
    expect((await stranger.owner.ask('GET', `${stranger.at}/invitations`)).body).toEqual({
      items: [],
      nextCursor: null,
    });
    const listed = await owner.ask('GET', `${at}/invitations`);
    expect(listed.text).toContain(id);
    expect(listed.text).not.toContain(token);
    expect((await owner.ask('POST', '/v1/invitations/accept', { token })).body).toMatchObject({ role: 'owner' });
    const { rows } = await world.admin.query<{ row: string }>('select i::text as row from invitation i');
    expect(rows.map(({ row }) => row).join()).not.toContain(token);
  });
});

describe('an API key', () => {
  const make = async (owner: Person, at: string, scopes: string[]) =>
    bodyOf<{ id: string; key: string }>(
      await owner.ask('POST', `${at}/api-keys`, { name: 'CI', scopes, expiresInDays: 30 }),
    );
  const refusal = { status: 401, code: 'authenticate.api-key' };

  it('does what its scopes allow, on behalf of its creator, and its use is recorded', async () => {
    const { tenant, owner, at } = await owned();
    const { id, key } = await make(owner, at, ['read']);
    const ask = withKey(key);
    expect((await ask('GET', at)).status).toBe(200);
    expect((await ask('GET', `${at}/guilds/${guild}/policy`)).status).toBe(200);
    const put = () => ask('PUT', `${at}/guilds/${guild}/policy`, { rules: [], otherwise: 'deny' });
    expect(await unchanged(put)).toMatchObject({ status: 403, code: 'api.denied' });
    for (const control of ['pause', 'skip', 'stop'])
      expect(await ask('POST', `${at}/guilds/${guild}/player/${control}`), control).toMatchObject({
        status: 403,
        code: 'api.denied',
      });
    const listed = bodyOf<{ items: { id: string; lastUsedAt: string | null }[] }>(
      await owner.ask('GET', `${at}/api-keys`),
    );
    expect(listed.items).toMatchObject([
      { id, maker: owner.subject, scopes: ['read'], lastUsedAt: expect.any(String) },
    ]);
    expect(JSON.stringify(listed)).not.toContain(key);
    const { rows } = await world.admin.query<{ row: string }>('select k::text as row from api_key k');
    expect(rows.map(({ row }) => row).join()).not.toContain(key.slice(-43));
    // Its counterpart: with the scope it works, and the record names the key.
    const writing = await make(owner, at, ['policies']);
    bodyOf(await withKey(writing.key)('PUT', `${at}/guilds/${guild}/policy`, { rules: [], otherwise: 'deny' }));
    expect(
      (await world.audit(tenant)).find(({ action, outcome }) => action === 'policy.write' && outcome === 'succeeded'),
    ).toMatchObject({
      actor: { id: owner.subject },
      detail: { apiKey: writing.id },
    });
  });

  it('is valid in its own tenant only, even if its creator is a member of two, and never for the platform', async () => {
    const { owner, at } = await owned();
    const second = await world.bareTenant();
    await world.session(owner.subject, { tenant: second, role: 'owner' });
    const ask = withKey((await make(owner, at, ['read', 'control', 'policies', 'audit', 'members'])).key);
    for (const [method, path, body] of [
      ['GET', `/v1/tenants/${second}`],
      ['GET', `/v1/tenants/${newTenantId()}`],
      ['PUT', `/v1/tenants/${second}/guilds/${guild}/policy`, { rules: [], otherwise: 'deny' }],
    ] as const)
      expect(await unchanged(() => ask(method, path, body)), path).toMatchObject({
        status: 404,
        code: 'tenant.unknown',
      });
    for (const [method, path, body, status] of [
      ['POST', '/v1/tenants', { name: 'Mine' }, 404],
      ['GET', '/v1/tenants', undefined, 403],
      ['POST', '/v1/invitations/accept', { token: 'bwi_x' }, 403],
      ['POST', `${at}/api-keys`, { name: 'More', scopes: ['read'], expiresInDays: 1 }, 403],
      ['POST', `${at}/ownership`, { subject: owner.subject }, 403],
      ['POST', `${at}/invitations`, { role: 'owner' }, 403],
      ['PUT', `${at}/members/${owner.subject}`, { role: 'owner' }, 403],
      ['GET', `${at}/guilds/${guild}/members?query=a`, undefined, 403],
      ['POST', `${at}/suspend`, { reason: 'x' }, 403],
      ['DELETE', at, undefined, 403],
    ] as const)
      expect((await unchanged(() => ask(method, path, body))).status, `${method} ${path}`).toBe(status);
  });

  it('follows the current permissions of its creator, and is removed with them', async () => {
    const { tenant, owner, at } = await owned();
    const maker = await person({ tenant, role: 'owner' });
    const { key } = await make(maker, at, ['policies']);
    const write = () => withKey(key)('PUT', `${at}/guilds/${guild}/policy`, { rules: [], otherwise: 'allow' });
    bodyOf(await write());
    bodyOf(await owner.ask('PUT', `${at}/members/${maker.subject}`, { role: 'viewer' }));
    expect(await unchanged(write)).toMatchObject({ status: 403, code: 'api.denied' });
    expect((await withKey(key)('GET', at)).status).toBe(200);
    bodyOf(await owner.ask('DELETE', `${at}/members/${maker.subject}`));
    // The token that it was just exchanged for is worthless too.
    expect(await withKey(key)('GET', at)).toMatchObject({ status: 401, code: 'session.api-key' });
    expect((await owner.ask('GET', `${at}/api-keys`)).body).toEqual({ items: [], nextCursor: null });
  });

  it('opens nothing once it is revoked or expired, or if it never was a key', async () => {
    const { owner, at, tenant } = await owned();
    const removed = await make(owner, at, ['read']);
    expect((await withKey(removed.key)('GET', at)).status).toBe(200);
    expect((await owner.ask('DELETE', `${at}/api-keys/${removed.id}`)).status).toBe(204);
    expect(await withKey(removed.key)('GET', at)).toMatchObject({ status: 401 });
    const late = await make(owner, at, ['read']);
    await world.admin.query("update api_key set expires_at = now() - interval '1 second' where id = $1", [late.id]);
    const other = (await owned()).tenant;
    const forged = [
      late.key,
      late.key.replace(tenant.slice(4), other.slice(4)),
      `bwk_${tenant.slice(4)}_${'A'.repeat(43)}`,
      `${removed.key}x`,
      'bwk_',
    ];
    for (const key of forged) expect(await withKey(key)('GET', at), key).toMatchObject(refusal);
    expect(await owner.ask('DELETE', `/v1/tenants/${other}/api-keys/${late.id}`)).toMatchObject({ status: 404 });
  });

  it('opens exactly the operations whose description names its scope; those for people refuse it unread', async () => {
    const { tenant, owner, at } = await owned();
    const { key } = await make(owner, at, ['read']);
    const { paths } = (await world.doors.public({ path: '/openapi.json' })).body as { paths: Described };
    const values: Record<string, string> = {
      tenant,
      guild,
      subject: owner.subject,
      check: 'token',
      schedule: 'expired-rows',
      projection: 'play-statistics',
      feature: 'lyrics',
      node: 'main',
      machine: 'oslo',
      hosted: tenant,
    };
    const ids: Record<string, string> = {
      invitation: 'inv',
      key: 'key',
      decision: 'dec',
      entry: 'ent',
      deadLetter: 'edl',
      webhook: 'whk',
      delivery: 'whd',
    };
    const placed = (path: string) =>
      path.replaceAll(
        /\{(\w+)\}/g,
        (_whole, name: string) => values[name] ?? `${ids[name]}_01h2xcejqtf2nbrexx3vqjhp41`,
      );
    const before = await world.state();
    const refused: string[] = [];
    for (const [path, operations] of Object.entries(paths))
      for (const [method, { operationId, security }] of Object.entries(operations)) {
        // Sign-in has no caller yet, and is documented that way.
        if (security?.length === 0) continue;
        expect(security, operationId).toEqual(expect.arrayContaining([{ session: [] }, { browser: [] }]));
        if (security?.some(({ apiKey }) => apiKey?.includes('read'))) continue;
        const answer = await world.doors.public({
          method: method.toUpperCase(),
          path: placed(path),
          session: key,
          ...(method === 'get' || method === 'delete' ? {} : { body: '{ not read' }),
        });
        // Outside its tenant, nothing exists for a key.
        expect([403, 404], `${operationId} ${answer.text}`).toContain(answer.status);
        expect(['api.denied', 'apikey.not-for-this', 'tenant.unknown'], operationId).toContain(answer.code);
        refused.push(operationId);
      }
    expect(await world.state()).toBe(before);
    expect(refused).toEqual(
      expect.arrayContaining([
        'endAllSessions',
        'endSession',
        'signOut',
        'makeApiKey',
        'handOverTenant',
        'storeToken',
        'renameTenant',
      ]),
    );
    // Their counterparts.
    expect((await owner.ask('GET', '/v1/me')).status).toBe(200);
    expect((await withKey(key)('GET', at)).status).toBe(200);
  });

  it('with the members scope changes and removes everybody except owners', async () => {
    const { tenant, owner, at } = await owned();
    const second = await person({ tenant, role: 'owner' });
    const admin = await person({ tenant, role: 'admin' });
    const ask = withKey((await make(owner, at, ['members'])).key);
    for (const { subject } of [owner, second]) {
      const place = `${at}/members/${subject}`;
      const demoted = await unchanged(() => ask('PUT', place, { role: 'viewer' }));
      expect(demoted).toMatchObject({ status: 403, code: 'member.owner' });
      expect(await unchanged(() => ask('DELETE', place))).toMatchObject({ status: 403, code: 'member.owner' });
    }
    const invite = async (role: MemberRole) =>
      bodyOf<{ id: string }>(await owner.ask('POST', `${at}/invitations`, { role })).id;
    const ofOwner = `${at}/invitations/${await invite('owner')}`;
    expect(await unchanged(() => ask('DELETE', ofOwner))).toMatchObject({ status: 403, code: 'invitation.owner' });
    expect((await ask('DELETE', `${at}/invitations/${await invite('admin')}`)).status).toBe(204);
    expect((await owner.ask('DELETE', ofOwner)).status).toBe(204);
    bodyOf(await ask('PUT', `${at}/members/${admin.subject}`, { role: 'viewer' }));
    expect((await ask('DELETE', `${at}/members/${admin.subject}`)).status).toBe(204);
    expect((await owner.ask('PUT', `${at}/members/${second.subject}`, { role: 'viewer' })).status).toBe(200);
  });

  it('is named in the record of everything it did, even if another part made the decision', async () => {
    const { tenant, owner, at } = await owned();
    const { id, key } = await make(owner, at, ['control']);
    await withKey(key)('POST', `${at}/guilds/${guild}/player/skip`);
    await eventually('the skip is recorded', async () => {
      const skip = (await world.audit(tenant)).find(({ action }) => action === 'player.skip');
      return skip?.detail?.['apiKey'] === id && skip.onBehalfOf?.id === owner.subject;
    });
  });

  it('opens nothing without the Bearer scheme', async () => {
    const { owner, at } = await owned();
    const { key } = await make(owner, at, ['read']);
    for (const authorization of [key, `Basic ${key}`, `Bearer`, `Bearer  x ${key}`, `${key} Bearer`])
      expect(await world.doors.public({ path: at, headers: { authorization } }), authorization).toMatchObject({
        status: 401,
      });
    expect((await world.doors.public({ path: at, headers: { authorization: `bearer ${key}` } })).status).toBe(200);
  });

  it('is not shown again for its Idempotency-Key to a caller who may no longer create keys', async () => {
    const { tenant, owner, at } = await owned();
    const maker = await person({ tenant, role: 'owner' });
    const session = await world.session(maker.subject);
    const again = () =>
      world.doors.public({
        method: 'POST',
        path: `${at}/api-keys`,
        session,
        headers: { 'idempotency-key': `once-${tenant}` },
        body: { name: 'CI', scopes: ['read'], expiresInDays: 30 },
      });
    const { key } = bodyOf<{ key: string }>(await again());
    expect(await again()).toMatchObject({ body: { key }, headers: { 'idempotency-replayed': 'true' } });
    bodyOf(await owner.ask('PUT', `${at}/members/${maker.subject}`, { role: 'admin' }));
    const demoted = await again();
    expect(demoted).toMatchObject({ status: 403, code: 'api.denied' });
    bodyOf(await owner.ask('DELETE', `${at}/members/${maker.subject}`));
    const gone = await again();
    expect(gone).toMatchObject({ status: 404, code: 'tenant.unknown' });
    expect(demoted.text + gone.text).not.toContain(key);
  });

  it('is worthless behind the public listener: at the api, and at the token service for anyone but gateway-proxy', async () => {
    const { owner, at } = await owned();
    const { key } = await make(owner, at, ['read']);
    const proxy = await world.agent('gateway-proxy');
    const [api, audio] = [await world.agent('api'), await world.agent('audio')];
    // Bypassing the proxy, even with its certificate, the key is refused for lack of a grant.
    expect((await world.doors.direct(proxy, 'api', { path: at, callToken: key })).status).toBe(403);
    const audience = audienceId(proxy.installation, 'api');
    for (const agent of [api, audio])
      await expect(agent.tokenService.exchangeApiKey(key, audience)).rejects.toMatchObject({
        code: 'identity.forbidden',
      });
    await expect(proxy.tokenService.exchangeApiKey(key, audienceId(proxy.installation, 'audio'))).rejects.toMatchObject(
      { code: 'identity.invalid' },
    );
    const { token, expiresInSec } = await proxy.tokenService.exchangeApiKey(key, audience);
    expect(expiresInSec).toBeLessThanOrEqual(60);
    // The token that it was exchanged for is not accepted from outside in any header.
    for (const [name, value] of [
      ['authorization', `Bearer ${token}`],
      ['bailiwick-key-token', token],
      ['txn-token', token],
    ] as const)
      expect((await world.doors.public({ path: at, headers: { [name]: value } })).status).toBe(401);
    expect((await withKey(key)('GET', at)).status).toBe(200);
  });
});

describe('a token exchange', () => {
  it('narrows scopes as in RFC 8693; it never widens them', async () => {
    const { owner, at } = await owned();
    const { key } = bodyOf<{ key: string }>(
      await owner.ask('POST', `${at}/api-keys`, { name: 'CI', scopes: ['read', 'control'], expiresInDays: 1 }),
    );
    const proxy = await world.agent('gateway-proxy');
    const { certificatePem, privateKeyPem, trustBundlePem } = proxy.tls.current();
    const tokenService = spiffeId(proxy.installation, service('token-service'));
    await using closing = new AsyncDisposableStack();
    const pool = new Pool(world.parts.installation.tokenServiceUrl, {
      connect: { ...workloadTls(trustBundlePem, tokenService), cert: certificatePem, key: privateKeyPem },
    });
    closing.defer(() => pool.close());
    const exchange = async (change: Record<string, string>, type = 'application/x-www-form-urlencoded', more = '') => {
      const form = new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: key,
        subject_token_type: 'urn:bailiwick:params:oauth:token-type:api-key',
        audience: audienceId(proxy.installation, 'api'),
        ...change,
      });
      const request = {
        method: 'POST',
        path: '/v1/token-exchange',
        headers: { 'content-type': type },
        body: `${form}${more}`,
      } as const;
      const answer = await pool.request(request);
      return { status: answer.statusCode, body: (await answer.body.json()) as Record<string, unknown> };
    };
    expect(await exchange({})).toMatchObject({
      status: 200,
      body: { scope: 'read control', token_type: 'N_A', expires_in: expect.any(Number) },
    });
    const narrowed = await exchange({ scope: 'read' });
    expect(narrowed).toMatchObject({ status: 200, body: { scope: 'read' } });
    const claims = JSON.parse(
      Buffer.from(String(narrowed.body['access_token']).split('.')[1] ?? '', 'base64url').toString(),
    ) as object;
    expect(claims).toMatchObject({ sub: owner.subject, scope: 'read', cnf: { 'x5t#S256': proxy.thumbprint() } });
    expect(await exchange({ scope: 'read policies' })).toMatchObject({
      status: 400,
      body: { code: 'identity.wider-scope' },
    });
    for (const wrong of [
      await exchange({ subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' }),
      await exchange({ grant_type: 'client_credentials' }),
      await exchange({ actor_token: 'x' }),
      await exchange({}, undefined, '&scope=read&scope=control'),
      await exchange({}, 'application/json'),
    ])
      expect(wrong.status).toBe(400);
    expect(await exchange({ subject_token: `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}` })).toMatchObject({
      status: 400,
      body: { code: 'identity.api-key' },
    });
  });
});

describe('an operator', () => {
  const ask = (path: string, session = world.owner) => world.doors.public({ path, session });

  it('sees the state of every process and its cause, even of one that does not answer', async () => {
    const seen = async () => (await ask('/v1/operator/health')).body;
    await expect.poll(seen, { timeout: 25_000 }).toMatchObject({
      status: 'unhealthy',
      processes: [
        {
          name: 'token-service',
          status: 'healthy',
          causes: expect.arrayContaining([{ name: 'database', status: 'healthy' }]),
        },
        { name: 'audio', causes: expect.arrayContaining([{ name: 'lavalink', status: 'healthy' }]) },
        { name: 'gateway-proxy', status: 'unreachable', causes: [{ message: 'It does not answer.' }] },
      ],
      breakers: [],
      nodes: [{ node: 'main', breaker: 'closed' }],
    });
  });

  it('lists every tenant page by page, by name and by state', async () => {
    const { tenant } = await owned();
    await world.admin.query("update tenant set name = 'Zither 100%', status = 'created' where id = $1", [tenant]);
    interface Page {
      items: { id: string }[];
      nextCursor: string | null;
    }
    const found = bodyOf<Page>(
      await ask(`/v1/operator/tenants?search=${encodeURIComponent('zither 100%')}&status=created`),
    );
    expect(found).toMatchObject({ items: [{ id: tenant, instance: { state: 'stopped' } }], nextCursor: null });
    expect(bodyOf<Page>(await ask('/v1/operator/tenants?search=zither&status=suspended')).items).toEqual([]);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Page = bodyOf(await ask(`/v1/operator/tenants?limit=3${cursor ? `&cursor=${cursor}` : ''}`));
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    const { rows } = await world.admin.query<{ id: string }>('select id from tenant order by id');
    expect(seen).toEqual(rows.map(({ id }) => id));
    const { nextCursor } = bodyOf<Page>(await ask('/v1/operator/tenants?limit=1'));
    expect(await ask(`/v1/operator/tenants?search=z&cursor=${nextCursor}`)).toMatchObject({
      status: 400,
      code: 'page.cursor',
    });
  });

  it('reads the audit log of the installation; tenant owners and others see nothing of what operators see', async () => {
    const { owner } = await owned();
    const log = `/v1/tenants/${installationLog}/audit/records`;
    expect((await ask(log)).status).toBe(200);
    expect(await owner.ask('GET', log)).toMatchObject({ status: 404, code: 'tenant.unknown' });
    for (const path of ['/v1/operator/health', '/v1/operator/tenants'])
      expect(await owner.ask('GET', path), path).toMatchObject({ status: 403, code: 'api.denied' });
    expect(
      (await world.audit(installationLog)).filter(
        ({ outcome, actor }) => outcome === 'denied' && actor.id === owner.subject,
      ).length,
    ).toBeGreaterThanOrEqual(2);
  });
});

describe('a suspension', () => {
  it('by an operator is lifted only by operators, not by the owner or a new token; owners lift their own', async () => {
    const { owner, at, tenant } = await owned();
    await world.admin.query('update tenant set application_id = $2 where id = $1', [tenant, String(people)]);
    const operator = (method: 'POST' | 'PUT', path: string, body?: unknown) =>
      world.doors.public({ method, path, session: world.owner, ...(body === undefined ? {} : { body }) });
    const statusNow = async () => bodyOf<{ tenant: { status: string } }>(await owner.ask('GET', at)).tenant.status;
    bodyOf(await owner.ask('POST', `${at}/suspend`, { reason: 'holiday' }));
    await owner.ask('POST', `${at}/resume`);
    expect(await statusNow()).toBe('active');
    expect(bodyOf(await operator('POST', `${at}/suspend`, { reason: 'unpaid' }))).toMatchObject({
      suspendedBy: 'operator:owner',
    });
    const denied = await unchanged(() => owner.ask('POST', `${at}/resume`));
    expect(denied).toMatchObject({ status: 403, code: 'api.denied' });
    expect(
      (await world.audit(tenant)).find(({ outcome, action }) => outcome === 'denied' && action === 'tenant.resume'),
    ).toMatchObject({ rule: 'platform:suspended-by-operator' });
    expect((await unchanged(() => owner.ask('PUT', `${at}/token`, { token: 'x' }))).status).toBeGreaterThanOrEqual(400);
    expect(await statusNow()).toBe('suspended');
    await operator('POST', `${at}/resume`);
    expect(await statusNow()).toBe('active');
  });
});
