import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { resetToken } from '#test/sandbox/world/applications.ts';
import { createChannel } from '#test/sandbox/world/guilds.ts';
import { defaultIdentifyLimits } from './budgets/identifies.ts';
import { TestEdge, type TestTenant } from './test-edge.ts';
import { eventually } from './test-stream.ts';

let edge: TestEdge;
/** A session that only ever loses its connection. */
let control: TestTenant;

beforeAll(async () => {
  edge = await TestEdge.create();
  await edge.start({ identifyLimits: { ...defaultIdentifyLimits, intervalMs: 10 } });
  control = await edge.connected('Control');
});
afterAll(() => edge[Symbol.asyncDispose]());

const status = async (tenant: TestTenant) =>
  (await edge.session(tenant, 'GET')).body as { status: string; reason?: string };

const failed = (tenant: TestTenant) => eventually(async () => (await status(tenant)).status === 'failed');

describe('a session that Discord disturbs', () => {
  it.each([
    ['is asked to reconnect (op 7)', (id: string) => edge.sandbox.faults.inject({ op7: id })],
    ['is cut without a word', (id: string) => edge.sandbox.faults.inject({ close: { applicationId: id, code: 1006 } })],
    ['is closed with 4000', (id: string) => edge.sandbox.faults.inject({ close: { applicationId: id, code: 4000 } })],
  ])('resumes when it %s', async (_name, disturb) => {
    const tenant = await edge.connected('Resumes');
    const bot = await edge.attach(tenant);
    disturb(tenant.application.id);
    await eventually(() => edge.count('resume', tenant, 'resumed') === 1);
    await eventually(async () => (await status(tenant)).status === 'connected');
    createChannel(edge.sandbox.world, tenant.guild.id, { name: 'afterwards', type: 'text' });
    await bot.dispatch('CHANNEL_CREATE', (d) => d['name'] === 'afterwards');
    expect(edge.count('identify', tenant)).toBe(1);
    bot.close();
  });

  it('identifies anew when its session is invalid (op 9), and the bot hears of its guilds again', async () => {
    const tenant = await edge.connected('Anew');
    const bot = await edge.attach(tenant);
    await bot.dispatch('GUILD_CREATE');
    const before = bot.frames.length;
    edge.sandbox.faults.inject({ op9: tenant.application.id });
    await eventually(() => edge.count('identify', tenant, 'start') === 2);
    await eventually(() => bot.frames.slice(before).some(({ t }) => t === 'GUILD_CREATE'));
    expect((await status(tenant)).status).toBe('connected');
    bot.close();
  });

  it.each([
    [4004, 'token'],
    [4010, 'fault of the platform'],
    [4011, '2,500'],
    [4012, 'fault of the platform'],
    [4013, 'fault of the platform'],
    [4014, 'Developer Portal'],
  ])('stays closed after %i, and says why in words', async (code, words) => {
    const tenant = await edge.connected(`Closed ${code}`);
    const bot = await edge.attach(tenant);
    const tries = edge.count('identify', tenant) + edge.count('resume', tenant);
    edge.sandbox.faults.inject({ close: { applicationId: tenant.application.id, code } });
    await failed(tenant);
    expect((await status(tenant)).reason).toContain(words);
    expect(await bot.next(({ op, status: said }) => op === 'session' && said === 'failed')).toMatchObject({
      reason: expect.stringContaining(words) as string,
    });
    // By the time another session, disturbed later, is back, this one would be too.
    const resumed = edge.count('resume', control, 'resumed');
    edge.sandbox.faults.inject({ close: { applicationId: control.application.id, code: 4000 } });
    await eventually(() => edge.count('resume', control, 'resumed') > resumed);
    expect(edge.count('identify', tenant) + edge.count('resume', tenant)).toBe(tries);
    await eventually(async () => {
      const rows = await edge.admin(
        "select string_to_table(record, E'\\n') as record from audit_journal where tenant_id = $1",
        [tenant.id],
      );
      return rows.some(({ record }) => /"action":"session.start".*"outcome":"failed"/.test(String(record)));
    });
    bot.close();
  });

  it('fails when the token is reset, sends nothing more with the old one, and recovers with a new one', async () => {
    const tenant = await edge.connected('Reset');
    const token = resetToken(edge.sandbox.world, tenant.application.id);
    await failed(tenant);
    expect((await status(tenant)).reason).toContain('Reset Token');
    const asked = edge.sandbox.requestLog.since().length;
    expect((await edge.rest(tenant, 'GET', '/users/@me')).status).toBe(403);
    expect(edge.sandbox.requestLog.since()).toHaveLength(asked);
    expect((await edge.storeCredential(tenant, token)).status).toBe(200);
    await eventually(async () => (await status(tenant)).status === 'connected');
    expect((await edge.rest(tenant, 'GET', '/users/@me')).status).toBe(200);
  });

  it('does not identify when the day’s allowance is nearly used up', async () => {
    const tenant = await edge.tenant('Frugal');
    tenant.application.identifies = { windowStartedAt: Date.now(), used: 960 };
    await edge.storeCredential(tenant);
    await edge.session(tenant, 'PUT');
    await failed(tenant);
    expect((await status(tenant)).reason).toContain('in a day');
    expect(edge.count('identify', tenant)).toBe(0);
  });

  it('goes on trying while Discord cannot be reached, and resumes when it can', async () => {
    const tenant = await edge.connected('Outage');
    const { link, sandbox } = edge;
    link.cut();
    await eventually(async () => (await status(tenant)).status === 'connecting');
    createChannel(sandbox.world, tenant.guild.id, { name: 'during-the-outage', type: 'text' });
    const bot = await edge.attach(tenant);
    // By itself, the library gives a session up at the first failure.
    await eventually(() => link.refused >= 2);
    link.restore();
    await bot.dispatch('CHANNEL_CREATE', (d) => d['name'] === 'during-the-outage');
    expect(edge.count('resume', tenant, 'resumed')).toBe(1);
    expect(edge.count('identify', tenant)).toBe(1);
    bot.close();
  });
});

describe('a session of a tenant', () => {
  it('is closed when it is asked to, and opened again', async () => {
    const tenant = await edge.connected('On and off');
    expect((await edge.session(tenant, 'DELETE')).status).toBe(204);
    expect(await status(tenant)).toMatchObject({ status: 'none' });
    expect(await edge.admin('select 1 from gateway_session where tenant_id = $1', [tenant.id])).toEqual([]);
    await edge.session(tenant, 'PUT');
    await eventually(async () => (await status(tenant)).status === 'connected');
    expect(edge.count('identify', tenant)).toBe(2);
  });

  it('is closed within moments of a suspension, cannot be opened meanwhile, and opens when that ends', async () => {
    const tenant = await edge.connected('Suspended');
    const other = await edge.connected('Not suspended');
    await edge.admin("update tenant set status = 'suspended' where id = $1", [tenant.id]);
    await eventually(async () => (await status(tenant)).status === 'none');
    expect(await edge.session(tenant, 'PUT')).toMatchObject({ status: 409, body: { code: 'session.tenant-closed' } });
    expect((await status(other)).status).toBe('connected');
    await edge.admin("update tenant set status = 'active' where id = $1", [tenant.id]);
    await eventually(async () => (await status(tenant)).status === 'connected');
  });

  it('is closed when the tenant is deleted', async () => {
    const tenant = await edge.connected('Deleted');
    const bot = await edge.attach(tenant);
    await edge.admin('delete from tenant where id = $1', [tenant.id]);
    // There is no lease of a tenant that does not exist.
    const refused = { status: 421, body: { code: 'lease.elsewhere' } };
    await vi.waitFor(async () => expect(await edge.session(tenant, 'GET')).toMatchObject(refused), 10_000);
    // Calls are refused before the session has ended; what Discord sends until then may still arrive.
    const arrived = () => bot.frames.filter(({ t }) => t === 'CHANNEL_CREATE').length;
    await vi.waitFor(
      async () => {
        const before = arrived();
        createChannel(edge.sandbox.world, tenant.guild.id, { name: 'after-the-deletion', type: 'text' });
        await delay(1_000);
        expect(arrived()).toBe(before);
      },
      { timeout: 10_000 },
    );
    bot.close();
  });

  it('needs a stored token', async () => {
    const tenant = await edge.tenant('Tokenless');
    expect(await edge.session(tenant, 'PUT')).toMatchObject({ status: 409, body: { code: 'credential.missing' } });
  });

  it('is opened at the start for every active tenant with a token, and for no other', async () => {
    const fresh = await TestEdge.create();
    try {
      await fresh.start();
      const active = await fresh.tenant('Active');
      const created = await fresh.tenant('Created', 'created');
      for (const tenant of [active, created]) await fresh.storeCredential(tenant);
      await fresh.stop();
      await fresh.start();
      await eventually(
        async () => ((await fresh.session(active, 'GET')).body as { status: string }).status === 'connected',
      );
      expect((await fresh.session(created, 'GET')).body).toMatchObject({ status: 'none' });
      expect(fresh.count('identify', created)).toBe(0);
    } finally {
      await fresh[Symbol.asyncDispose]();
    }
  });
});
