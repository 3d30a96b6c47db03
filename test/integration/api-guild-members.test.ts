import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MemberRole } from '#policies/roles.ts';
import { addPerson, createRole, updateMember } from '#test/sandbox/world/guilds.ts';
import { startWorld, type Customer, type World } from '#test/security/world/world.ts';

/** Members of a tenant's Discord servers, from the public listener to the sandbox's Discord and back. */
let world: World;
let acme: Customer;
let rival: Customer;
/** A member with a nickname and a role. */
let ada: { userId: string; role: string };
const sessions = {} as Record<MemberRole, string>;

beforeAll(async () => {
  world = await startWorld();
  [acme, rival] = [await world.customer('Acme'), await world.customer('Rival')];
  for (const role of ['owner', 'admin', 'auditor', 'viewer'] as const)
    sessions[role] = await world.session(`discord:7${role.length}`, { tenant: acme.id, role });
  const discord = world.parts.sandbox.world;
  const { userId } = addPerson(discord, acme.guild, 'Ada');
  const role = createRole(discord, acme.guild, { name: 'Singers' }).id;
  updateMember(discord, acme.guild, userId, { nick: 'Gräfin Ada', roles: [role] });
  ada = { userId, role };
});
afterAll(() => world?.[Symbol.asyncDispose]());

const members = (query: string, session: string | undefined = sessions.owner, guild: string = acme.guild) =>
  world.doors.public({
    path: `/v1/tenants/${acme.id}/guilds/${guild}/members?${query}`,
    ...(session ? { session } : {}),
  });

describe('members of a server', () => {
  it('are found by a prefix of their name, in any script', async () => {
    const found = { id: ada.userId, name: 'Gräfin Ada', username: 'ada', bot: false, roles: [ada.role] };
    expect((await members(`query=${encodeURIComponent('gräfin a')}`)).body).toEqual({ members: [found] });
    expect((await members(`ids=${ada.userId},${acme.member}`)).body).toMatchObject({
      members: [found, { id: acme.member }],
    });
  });

  it.each(['owner', 'admin', 'auditor'] as const)('are visible to the role %s', async (role) => {
    expect(await members(`ids=${ada.userId}`, sessions[role])).toMatchObject({ status: 200 });
  });

  it('are visible to an operator', async () => {
    expect(await members(`ids=${ada.userId}`, world.owner)).toMatchObject({ status: 200 });
  });

  it('are not visible to a viewer, to another tenant, or without a session', async () => {
    const stranger = await world.session('discord:700', { tenant: rival.id, role: 'owner' });
    expect(await members('query=ada', sessions.viewer)).toMatchObject({ status: 403, code: 'api.denied' });
    expect(await members('query=ada', stranger)).toMatchObject({ status: 404, code: 'tenant.unknown' });
    expect(await members('query=ada', '')).toMatchObject({ status: 401 });
    const denied = (await world.audit(acme.id)).filter(({ action }) => action === 'guild.members');
    expect(denied).toContainEqual(
      expect.objectContaining({ outcome: 'denied', actor: expect.objectContaining({ id: 'discord:76' }) }),
    );
  });

  it("of another tenant's server are not visible", async () => {
    expect(await members('query=a', sessions.owner, rival.guild)).toMatchObject({ status: 404, code: 'guild.unknown' });
  });

  it.each([
    '',
    'query=',
    'query=%20',
    `query=${'x'.repeat(33)}`,
    'ids=',
    'ids=x',
    `ids=${'1,'.repeat(25)}1`,
    'query=a&ids=1',
  ])('are not looked up with %j', async (query) => {
    expect(await members(query)).toMatchObject({ status: 400, code: 'http.invalid' });
  });
});

describe('a dry run of a policy', () => {
  const policy = {
    rules: [{ id: 'gone', effect: 'deny', who: { roles: ['123'] }, commands: ['play'] }],
    otherwise: 'allow',
  };
  const at = (rest: string) => `/v1/tenants/${acme.id}/guilds/${acme.guild}/policy${rest}`;

  it('gives the same warnings as a save, for a proposed policy and for the one in force', async () => {
    const proposed = { method: 'POST', path: at('/dry-run'), session: sessions.owner } as const;
    const tried = await world.doors.public({ ...proposed, body: { policy, member: {} } });
    const saved = await world.doors.public({
      method: 'PUT',
      path: at(''),
      session: sessions.owner,
      headers: { 'if-match': '*' },
      body: policy,
    });
    const effective = await world.doors.public({ path: at('/effective'), session: sessions.owner });
    const { warnings } = saved.body as { warnings: unknown[] };
    expect(warnings).toMatchObject([{ pointer: '/rules/0/who/roles/0', code: 'unknown-role' }]);
    for (const answer of [tried, effective]) expect(answer.body).toMatchObject({ warnings, note: null });
  });
});
