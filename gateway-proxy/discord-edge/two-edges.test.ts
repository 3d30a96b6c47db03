import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LeaseTiming } from '#infra/leases/lease-timing.ts';
import { useCommand } from '#test/sandbox/world/acting/person.ts';
import { createChannel } from '#test/sandbox/world/guilds.ts';
import { TestEdge, type Answer, type TestTenant } from './test-edge.ts';
import { eventually } from './test-stream.ts';

/* Two edges of one installation; the test is their gateway-proxy, and asks whichever it likes. */
const timing: LeaseTiming = { beatMs: 100, lifetimeMs: 2_000, certainMs: 1_200, settlingMs: 0 };
/** An edge that does not notice anything by itself. */
const unaware: LeaseTiming = { beatMs: 600_000, lifetimeMs: 6_000_000, certainMs: 6_000_000, settlingMs: 0 };
let one: TestEdge;
let other: TestEdge;

beforeEach(async () => {
  one = await TestEdge.create({ edges: 2 });
  other = one.beside();
});
afterEach(async () => {
  await other[Symbol.asyncDispose]();
  await one[Symbol.asyncDispose]();
});

const holderOf = async ({ id }: TestTenant): Promise<TestEdge | undefined> => {
  const [row] = await one.admin("select replica_id from tenant_lease where tenant_id = $1 and part = 'discord-edge'", [
    id,
  ]);
  if (row?.['replica_id'] === (await one.replica())) return one;
  return row?.['replica_id'] === (await other.replica()) ? other : undefined;
};
const resumed = (tenant: TestTenant) => one.count('resume', tenant, 'resumed');
const identified = (tenant: TestTenant) => one.count('identify', tenant);
const registerCommands = (at: TestEdge, tenant: TestTenant) =>
  at.rest(tenant, 'PUT', `/applications/${tenant.application.id}/commands`, [{ name: 'queue', description: 'Queue' }]);
const seat = (tenant: TestTenant) => ({ guildId: tenant.guild.id, channelId: tenant.text, userId: tenant.member });
const callbackOf = ({ id, token }: { readonly id: string; readonly token: string }): string =>
  `/interactions/${id}/${token}/callback`;
const saved = async ({ id }: TestTenant) =>
  (await one.admin('select session_id, sequence from gateway_session where tenant_id = $1', [id]))[0];
/** As another edge takes it that believes the holder dead. */
const takeAway = ({ id }: TestTenant) =>
  one.admin("update tenant_lease set token = token + 1 where tenant_id = $1 and part = 'discord-edge'", [id]);

describe('two edges', () => {
  it('share the tenants: a session moves to one that joins, with RESUME, and calls find it there', async () => {
    await one.start({ leaseTiming: timing });
    const tenants = [await one.connected('First'), await one.connected('Second')];
    await other.start({ leaseTiming: timing });
    await eventually(async () => {
      const holders = await Promise.all(tenants.map(holderOf));
      return holders.includes(one) && holders.includes(other);
    });
    const moved = (await holderOf(tenants[0] as TestTenant)) === other ? tenants[0] : tenants[1];
    const stayed = tenants.find((tenant) => tenant !== moved);
    if (!moved || !stayed) throw new Error('no tenant');
    await eventually(() => resumed(moved) === 1);
    expect([identified(moved), identified(stayed), resumed(stayed)]).toEqual([1, 1, 0]);
    await eventually(async () => {
      const { body } = await other.session(moved, 'GET');
      return (body as { status: string }).status === 'connected';
    });
    expect(await one.session(moved, 'GET')).toMatchObject({ status: 421, body: { code: 'lease.elsewhere' } });
    expect(await other.session(stayed, 'GET')).toMatchObject({ status: 421, body: { code: 'lease.elsewhere' } });
    expect((await one.rest(moved, 'GET', '/users/@me')).status).toBe(421);
    expect((await other.rest(moved, 'GET', '/users/@me')).status).toBe(200);
    const lists = await Promise.all(
      [one, other].map(async (edge) =>
        edge.call({ method: 'GET', path: `/v1/replicas/${await edge.replica()}/sessions`, action: 'session.read' }),
      ),
    );
    expect(lists.map(({ body }) => body)).toMatchObject([
      { sessions: [{ tenant: stayed.id, status: 'connected' }] },
      { sessions: [{ tenant: moved.id, status: 'connected' }] },
    ]);
    const wrong = { path: `/v1/replicas/${await other.replica()}/sessions`, action: 'session.read' } as const;
    expect((await one.call({ method: 'GET', ...wrong })).status).toBe(421);
  });

  it('pass on what is under way: it is carried out, given once, and what arrives meanwhile is replayed', async () => {
    await one.start({ leaseTiming: timing });
    const tenant = await one.connected('Busy');
    await registerCommands(one, tenant);
    await other.start({ leaseTiming: timing });
    const { world } = one.sandbox;
    const bot = await one.attach(tenant);
    const answered = useCommand(world, seat(tenant), { command: 'queue' });
    await bot.dispatch('INTERACTION_CREATE', (d) => d['id'] === answered.id);
    const waiting = useCommand(world, seat(tenant), { command: 'queue' });
    await bot.dispatch('INTERACTION_CREATE', (d) => d['id'] === waiting.id);
    one.sandbox.faults.inject({ restDelayMs: 400 });
    const call = one.rest(tenant, 'POST', callbackOf(answered), { type: 4, data: { content: 'here' } });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stopped = one.stop();
    expect((await call).status).toBe(204);
    one.sandbox.faults.inject({ restDelayMs: 0 });
    await stopped;
    createChannel(world, tenant.guild.id, { name: 'meanwhile', type: 'text' });
    await bot.closed();

    const next = await other.attach(tenant);
    await next.dispatch('INTERACTION_CREATE', (d) => d['id'] === waiting.id);
    const reply = await other.rest(tenant, 'POST', callbackOf(waiting), { type: 4, data: { content: 'there' } });
    expect(reply.status).toBe(204);
    await eventually(() => resumed(tenant) === 1);
    expect(identified(tenant)).toBe(1);
    expect([answered.state, waiting.state]).toEqual(['answered', 'answered']);
    const again = next.frames.filter(({ t, d }) => t === 'INTERACTION_CREATE' && d?.['id'] === answered.id);
    expect(again).toEqual([]);
    next.close();
  });

  it('hand several tenants over at once: what the one answered is not given again, the rest is given and answered once', async () => {
    await one.start({ leaseTiming: unaware });
    const tenants: TestTenant[] = [];
    for (const name of ['First', 'Second', 'Third', 'Fourth']) tenants.push(await one.connected(name));
    await Promise.all(tenants.map((tenant) => registerCommands(one, tenant)));
    await other.start({ leaseTiming: unaware });
    await eventually(() => tenants.filter((tenant) => resumed(tenant) === 1).length === 2);
    const moving = tenants.filter((tenant) => resumed(tenant) === 0);
    const { world } = one.sandbox;
    const content = (text: string) => ({ type: 4, data: { content: text } });
    const asked = await Promise.all(
      moving.map(async (tenant) => {
        const bot = await one.attach(tenant);
        const [answered, waiting] = [0, 1].map(() => useCommand(world, seat(tenant), { command: 'queue' }));
        if (!answered || !waiting) throw new Error('not asked');
        for (const { id } of [answered, waiting]) await bot.dispatch('INTERACTION_CREATE', (d) => d['id'] === id);
        return { tenant, bot, answered, waiting };
      }),
    );
    // They end at different times, so that the leases of some are free while others are still under way.
    one.sandbox.faults.inject({ restDelayMs: 300 });
    const calls = asked.map(async ({ tenant, answered }, index) => {
      await new Promise((resolve) => setTimeout(resolve, index * 20));
      return one.rest(tenant, 'POST', callbackOf(answered), content('here'));
    });
    await new Promise((resolve) => setTimeout(resolve, 150));
    const stopped = one.stop();
    const served = asked.map(async ({ tenant, bot, answered, waiting }) => {
      await bot.closed();
      await eventually(async () => (await holderOf(tenant)) === other);
      const next = await other.attach(tenant);
      await next.dispatch('INTERACTION_CREATE', (d) => d['id'] === waiting.id);
      expect((await other.rest(tenant, 'POST', callbackOf(waiting), content('there'))).status).toBe(204);
      const given = next.frames.filter(({ t }) => t === 'INTERACTION_CREATE').map(({ d }) => d?.['id']);
      expect(given, `${answered.id} was answered`).toEqual([waiting.id]);
      next.close();
    });
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([204, 204]);
    await Promise.all([stopped, ...served]);
    for (const { tenant, answered, waiting } of asked) {
      expect([identified(tenant), await holderOf(tenant)]).toEqual([1, other]);
      for (const record of [answered, waiting])
        expect(record).toMatchObject({ state: 'answered', failure: null, followupIds: [] });
    }
  });

  it('tell audio of a moved bot as before, and nothing of it having left', async () => {
    await one.start({ leaseTiming: timing });
    const tenant = await one.connected('In voice');
    await one.call({
      method: 'POST',
      path: `/v1/tenants/${tenant.id}/guilds/${tenant.guild.id}/voice`,
      action: 'voice.send',
      tenant: tenant.id,
      guild: tenant.guild.id,
      from: 'audio',
      body: { channelId: tenant.voice },
    });
    const before = await one.voiceEvents();
    const state = await before.next(({ kind, channelId }) => kind === 'state' && channelId === tenant.voice);
    await other.start({ leaseTiming: timing });
    const after = await other.voiceEvents();
    await one.stop();
    const again = await after.next(({ kind, channelId }) => kind === 'state' && channelId === tenant.voice);
    expect(again).toEqual(state);
    expect(before.frames.filter(({ kind, channelId }) => kind === 'state' && channelId === null)).toEqual([]);
  });

  it('forget cached keys with the tenant: one that comes back is sealed with the key that it was rotated to', async () => {
    await one.start({ leaseTiming: timing });
    const tenants = [await one.connected('One of two'), await one.connected('The other')];
    await other.start({ leaseTiming: timing });
    await eventually(async () => (await Promise.all(tenants.map(holderOf))).includes(other));
    const tenant = (await holderOf(tenants[0] as TestTenant)) === other ? tenants[0] : tenants[1];
    if (!tenant) throw new Error('no tenant');
    await eventually(() => resumed(tenant) === 1);
    const rotation = await other.call({
      method: 'POST',
      path: `/v1/tenants/${tenant.id}/keys/rotation`,
      action: 'key.rotate',
      tenant: tenant.id,
      body: { to: 2 },
    });
    expect(rotation).toMatchObject({ status: 200, body: { version: 2, complete: true } });
    await other.stop();
    await eventually(() => resumed(tenant) === 2);
    const before = await saved(tenant);
    createChannel(one.sandbox.world, tenant.guild.id, { name: 'something to save', type: 'text' });
    await eventually(async () => (await saved(tenant))?.['sequence'] !== before?.['sequence']);
    // The first one's cache is gone with it.
    await one.stop();
    await one.start({ leaseTiming: timing });
    await eventually(() => resumed(tenant) === 3);
    expect(identified(tenant)).toBe(1);
  });
});

describe('an edge that was replaced and does not know it', () => {
  let tenant: TestTenant;
  beforeEach(async () => {
    await one.start({ leaseTiming: unaware });
    tenant = await one.connected('Replaced');
    await eventually(async () => (await saved(tenant)) !== undefined);
  });

  it('saves nothing over what its successor has saved', async () => {
    await takeAway(tenant);
    await one.admin('update gateway_session set sequence = 1000 where tenant_id = $1', [tenant.id]);
    createChannel(one.sandbox.world, tenant.guild.id, { name: 'unsaved', type: 'text' });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await saved(tenant)).toMatchObject({ sequence: 1000 });
    await one.stop();
    expect(await saved(tenant)).toMatchObject({ sequence: 1000 });
  });

  it('takes no session while it is not certain to be the holder', async () => {
    await one.stop();
    const short = { ...unaware, certainMs: 1_500 };
    await one.start({ leaseTiming: short });
    await eventually(() => resumed(tenant) === 1);
    await new Promise((resolve) => setTimeout(resolve, short.certainMs));
    one.link.cut();
    one.link.restore();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect([resumed(tenant), identified(tenant)]).toEqual([1, 1]);
  });

  it('changes no credential', async () => {
    const before = await one.admin('select sealed from application_credential where tenant_id = $1', [tenant.id]);
    await takeAway(tenant);
    expect(await one.storeCredential(tenant)).toMatchObject({ status: 421, body: { code: 'lease.lost' } });
    const { id } = tenant;
    const path = `/v1/tenants/${id}/credential`;
    const deleted = await one.call({ method: 'DELETE', path, action: 'credential.delete', tenant: id });
    expect(deleted).toMatchObject({ status: 421, body: { code: 'lease.lost' } });
    expect(await one.admin('select sealed from application_credential where tenant_id = $1', [id])).toEqual(before);
  });
});

describe('an address that Discord has blocked', () => {
  it('is left alone by both edges, although it has told only one of them', async () => {
    await using told = await TestEdge.create({ edges: 2, limits: { invalidRequests: 3 } });
    await using hears = told.beside();
    await told.start({ leaseTiming: timing });
    const tenants = [await told.connected('First'), await told.connected('Second')];
    await hears.start({ leaseTiming: timing });
    const servedBy = async (edge: TestEdge) => {
      for (const tenant of tenants) if ((await edge.session(tenant, 'GET')).status === 200) return tenant;
      return undefined;
    };
    await eventually(async () => (await servedBy(told)) !== undefined && (await servedBy(hears)) !== undefined);
    const [own, others] = [await servedBy(told), await servedBy(hears)];
    if (!own || !others) throw new Error('no tenant');
    const isHeldBack = ({ status, body }: Answer) => status === 429 && (body as { global: boolean }).global;
    const calls = () => told.sandbox.requestLog.since().filter(({ kind }) => kind === 'rest').length;
    expect((await hears.rest(others, 'GET', '/users/@me')).status).toBe(200);

    await eventually(async () => {
      told.sandbox.faults.inject({ rest429: { route: 'DELETE /channels', times: 1, retryAfterSec: 0.01 } });
      await told.rest(own, 'DELETE', `/channels/${own.text}/messages/${own.text}`);
      return isHeldBack(await told.rest(own, 'GET', '/users/@me'));
    });
    told.sandbox.faults.clear();
    const refusal = () => hears.rest(others, 'GET', '/users/@me');
    await eventually(async () => {
      const before = calls();
      const answer = await refusal();
      return isHeldBack(answer) && calls() === before;
    });
  });
});
