import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useCommand } from '#test/sandbox/world/acting/person.ts';
import { addPerson, createRole, updateMember } from '#test/sandbox/world/guilds.ts';
import { TestEdge, type TestTenant } from './test-edge.ts';

let edge: TestEdge;
let tenant: TestTenant;
let other: TestTenant;

beforeAll(async () => {
  edge = await TestEdge.create();
  await edge.start();
  tenant = await edge.connected('Choir');
  other = await edge.connected('Band');
});
afterAll(() => edge[Symbol.asyncDispose]());

const members = (query: string, { of = tenant, guild = of.guild.id }: { of?: TestTenant; guild?: string } = {}) =>
  edge.call({
    method: 'GET',
    path: `/v1/tenants/${of.id}/guilds/${guild}/members?${query}`,
    action: 'guild.members',
    tenant: of.id,
    guild,
  });
/** Calls that reached Discord for this path. */
const asked = (path: string) =>
  edge.sandbox.requestLog.since().filter((entry) => JSON.stringify(entry).includes(path)).length;

describe('members of a guild', () => {
  it('are found by the beginning of their name, with nickname and roles, as Discord shows them', async () => {
    const { world } = edge.sandbox;
    const { userId } = addPerson(world, tenant.guild.id, 'Ada');
    const role = createRole(world, tenant.guild.id, { name: 'Singers' });
    updateMember(world, tenant.guild.id, userId, { nick: 'Countess', roles: [role.id] });
    const { body } = await members('query=count');
    expect(body).toEqual({
      members: [{ id: userId, name: 'Countess', username: 'ada', bot: false, roles: [role.id] }],
    });
    expect((await members('query=nobody')).body).toEqual({ members: [] });
  });

  it('are asked of Discord once for the same words', async () => {
    const before = asked('members/search');
    await members('query=mem');
    await members('query=MEM');
    expect(asked('members/search') - before).toBe(1);
  });

  it('are named by id, and who is no member is left out', async () => {
    const { body } = await members(`ids=${tenant.member},${other.member}`);
    expect(body).toMatchObject({ members: [{ id: tenant.member, name: 'Member of Choir' }] });
  });

  it('need no call once they have used a command', async () => {
    const { world } = edge.sandbox;
    const seat = { guildId: other.guild.id, channelId: other.text, userId: other.member };
    await edge.rest(other, 'PUT', `/applications/${other.application.id}/commands`, [
      { name: 'queue', description: 'Queue' },
    ]);
    const bot = await edge.attach(other);
    const { id } = useCommand(world, seat, { command: 'queue', options: {} });
    await bot.dispatch('INTERACTION_CREATE', (d) => d['id'] === id);
    const before = asked(`members/${other.member}`);
    expect((await members(`ids=${other.member}`, { of: other })).body).toMatchObject({
      members: [{ name: 'Member of Band' }],
    });
    expect(asked(`members/${other.member}`)).toBe(before);
  });

  it.each(['', 'query=', `query=${'x'.repeat(33)}`, 'ids=abc', 'query=a&ids=1', 'query=a&limit=9999'])(
    'refuses to be asked with %j',
    async (query) => {
      expect(await members(query)).toMatchObject({ status: 400, body: { code: 'guild.members-query' } });
    },
  );

  it("are not told of another tenant's guild", async () => {
    expect(await members('query=m', { guild: other.guild.id })).toMatchObject({
      status: 404,
      body: { code: 'guild.unknown' },
    });
  });

  it('are not looked up without end: the bot needs Discord too', async () => {
    const before = asked('members/search');
    const answers = [];
    for (let number = 0; number < 30; number += 1) answers.push((await members(`query=flood${number}`)).status);
    expect(answers).toContain(429);
    const made = asked('members/search') - before;
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThanOrEqual(20);
  });
});
