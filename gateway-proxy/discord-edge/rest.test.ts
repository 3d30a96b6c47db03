import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { resetToken } from '#test/sandbox/world/applications.ts';
import { useCommand } from '#test/sandbox/world/acting/person.ts';
import { TestEdge, type TestTenant } from './test-edge.ts';
import { eventually } from './test-stream.ts';

let edge: TestEdge;

beforeAll(async () => {
  edge = await TestEdge.create();
  await edge.start({ invalidRequestLimits: { perTenant: 12, soft: 1_000, hard: 2_000 } });
});
beforeEach(() => edge.sandbox.faults.clear());
afterAll(() => edge[Symbol.asyncDispose]());

/** The edge's periodic check of each application; not counted. */
const isLook = (path: unknown) => String(path).endsWith('/applications/@me');
const asked = () =>
  edge.sandbox.requestLog.since().filter((entry) => entry.kind === 'rest' && !isLook(entry.path)).length;
const answersOfDiscord = (tenant: TestTenant) =>
  edge.sandbox.requestLog
    .since()
    .flatMap((entry) =>
      entry.kind === 'rest' && entry.applicationId === tenant.application.id && !isLook(entry.path)
        ? [entry.status]
        : [],
    );
const post = (tenant: TestTenant, channel = tenant.text) =>
  edge.rest(tenant, 'POST', `/channels/${channel}/messages`, { content: 'hello' });

describe("a bot's calls to Discord", () => {
  it('are made with its token, and answered as Discord answers', async () => {
    const tenant = await edge.connected('Calls');
    const me = await edge.rest(tenant, 'GET', '/users/%40me');
    expect(me).toMatchObject({ status: 200, body: { id: tenant.application.botUserId } });
    expect(me.headers['x-ratelimit-bucket']).toEqual(expect.any(String));
    const posted = await post(tenant);
    const { id } = posted.body as { id: string };
    const path = `/channels/${tenant.text}/messages/${id}`;
    expect(await edge.rest(tenant, 'PATCH', path, { content: 'edited' })).toMatchObject({
      status: 200,
      body: { content: 'edited' },
    });
    expect((await edge.rest(tenant, 'DELETE', path)).status).toBe(204);
    expect(await edge.rest(tenant, 'POST', `/channels/${tenant.text}/messages`, { content: '' })).toMatchObject({
      status: 400,
      body: { code: expect.any(Number) as number, message: expect.any(String) as string },
    });
    expect(await edge.rest(tenant, 'GET', '/gateway/bot')).toMatchObject({ status: 200, body: { shards: 1 } });
  });

  it("do not reach another tenant's channel, interaction or application, and Discord is not asked", async () => {
    const tenant = await edge.connected('Mine');
    const other = await edge.connected('Theirs');
    await edge.rest(other, 'PUT', `/applications/${other.application.id}/commands`, [
      { name: 'queue', description: 'Queue' },
    ]);
    const bot = await edge.attach(other);
    const seat = { guildId: other.guild.id, channelId: other.text, userId: other.member };
    const record = useCommand(edge.sandbox.world, seat, { command: 'queue' });
    await bot.dispatch('INTERACTION_CREATE');
    const before = asked();
    const callback = `/interactions/${record.id}/${record.token}/callback`;
    for (const denied of [
      await post(tenant, other.text),
      await edge.rest(tenant, 'POST', callback, { type: 4, data: { content: 'stolen' } }),
      await edge.rest(tenant, 'POST', `/webhooks/${tenant.application.id}/${record.token}`, { content: 'stolen' }),
      await edge.rest(tenant, 'POST', `/webhooks/${other.application.id}/${record.token}`, { content: 'stolen' }),
      await edge.rest(tenant, 'PUT', `/applications/${other.application.id}/commands`, []),
      await edge.rest(tenant, 'PUT', `/channels/${other.voice}/voice-status`, { status: 'stolen' }),
    ]) {
      expect(denied).toMatchObject({ status: 403, body: { code: 50001 } });
    }
    expect(asked()).toBe(before);
    expect(await edge.rest(other, 'POST', callback, { type: 4, data: { content: 'mine' } })).toMatchObject({
      status: 204,
    });
    bot.close();
  });

  it('carry JSON and nothing else', async () => {
    const tenant = await edge.connected('Json');
    const answer = await edge.call({
      method: 'POST',
      path: `/v1/tenants/${tenant.id}/rest/channels/${tenant.text}/messages`,
      action: 'discord.rest',
      tenant: tenant.id,
      from: 'bot',
    });
    expect(answer.status).toBe(400);
  });

  it('are refused here when a limit is reached, so that Discord never has to', async () => {
    const tenant = await edge.connected('Limited');
    const answers = [];
    for (let number = 0; number < 12; number += 1) answers.push(await post(tenant));
    const limited = answers.find(({ status }) => status === 429);
    expect(limited?.body).toMatchObject({ retry_after: expect.any(Number) as number, global: false });
    expect(Number(limited?.headers['retry-after'])).toBeGreaterThan(0);
    expect(answersOfDiscord(tenant).filter((status) => status === 429)).toEqual([]);
    await eventually(async () => (await post(tenant)).status === 200);
  });

  it('stop for all routes on a global limit', async () => {
    const tenant = await edge.connected('Globally');
    edge.sandbox.faults.inject({ rest429: { route: 'POST /channels', times: 1, retryAfterSec: 1, scope: 'global' } });
    expect(await post(tenant)).toMatchObject({ status: 429, body: { global: true } });
    const before = asked();
    expect(await edge.rest(tenant, 'GET', '/applications/@me')).toMatchObject({ status: 429, body: { global: true } });
    expect(asked()).toBe(before);
  });

  it('are at most 50 a second for one bot, without Discord having to say so', async () => {
    const tenant = await edge.connected('Flood');
    const channels = `/applications/${tenant.application.id}/commands`;
    const answers = await Promise.all(Array.from({ length: 200 }, () => edge.rest(tenant, 'GET', channels)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(answersOfDiscord(tenant).filter((status) => status === 429)).toEqual([]);
  });

  it('hear of an outage as 503, and are held back while it lasts', async () => {
    const tenant = await edge.connected('Outage');
    edge.sandbox.faults.inject({ rest5xx: { route: 'GET /users', times: 1, status: 503 } });
    expect((await edge.rest(tenant, 'GET', '/users/@me')).status).toBe(503);
    expect((await edge.rest(tenant, 'GET', '/users/@me')).status).toBe(200);
  });
});

describe('refused requests', () => {
  it('are cut off for the tenant that causes them before Discord shuts the address out, and for nobody else', async () => {
    const tenant = await edge.connected('Careless');
    const other = await edge.connected('Careful');
    const before = asked();
    for (let tries = 0; tries < 30; tries += 1) {
      edge.sandbox.faults.inject({ rest429: { route: 'DELETE /channels', times: 1, retryAfterSec: 0.01 } });
      await edge.rest(tenant, 'DELETE', `/channels/${tenant.text}/messages/${tenant.text}`);
    }
    edge.sandbox.faults.clear();
    expect(asked() - before).toBeLessThanOrEqual(12);
    expect((await post(other)).status).toBe(200);
  });

  it('do not count when the limit is shared with others', async () => {
    const tenant = await edge.connected('Shared');
    for (let tries = 0; tries < 15; tries += 1) {
      edge.sandbox.faults.inject({
        rest429: { route: 'PUT /channels', times: 1, retryAfterSec: 0.01, scope: 'shared' },
      });
      await edge.rest(tenant, 'PUT', `/channels/${tenant.voice}/voice-status`, { status: 'x' });
    }
    edge.sandbox.faults.clear();
    expect((await post(tenant)).status).toBe(200);
  });
});

describe('a token that Discord refuses', () => {
  it('is never used again, the bot hears no 401, and the tenant is told in words', async () => {
    const tenant = await edge.connected('Dead');
    const { application } = tenant;
    // Changed without the gateway noticing, so that REST is the first to find out.
    const token = application.token;
    application.token = `${token.slice(0, -6)}AAAAAA`;
    const first = await edge.rest(tenant, 'GET', '/users/@me');
    expect(first).toMatchObject({ status: 403, body: { code: 40001 } });
    const state = await edge.session(tenant, 'GET');
    expect(state.body).toMatchObject({ status: 'failed', reason: expect.stringContaining('Reset Token') as string });
    const { id } = application;
    const askedByIt = () =>
      edge.sandbox.requestLog.since().filter((entry) => entry.kind === 'rest' && entry.applicationId === id);
    const before = askedByIt().length;
    expect((await post(tenant)).status).toBe(403);
    expect((await edge.rest(tenant, 'GET', '/applications/@me')).status).toBe(403);
    expect(askedByIt().slice(before)).toEqual([]);
  });

  it('is fixed by a new one', async () => {
    const tenant = await edge.connected('Repaired');
    const fresh = resetToken(edge.sandbox.world, tenant.application.id);
    await eventually(async () => ((await edge.session(tenant, 'GET')).body as { status: string }).status === 'failed');
    await edge.storeCredential(tenant, fresh);
    await eventually(async () => (await post(tenant)).status === 200);
  });

  it('of an interaction does not pass for a dead one of the bot', async () => {
    const tenant = await edge.connected('Expired');
    await edge.rest(tenant, 'PUT', `/applications/${tenant.application.id}/commands`, [
      { name: 'queue', description: 'Queue' },
    ]);
    const bot = await edge.attach(tenant);
    const seat = { guildId: tenant.guild.id, channelId: tenant.text, userId: tenant.member };
    const record = useCommand(edge.sandbox.world, seat, { command: 'queue' });
    await bot.dispatch('INTERACTION_CREATE');
    await edge.rest(tenant, 'POST', `/interactions/${record.id}/${record.token}/callback`, { type: 5 });
    // Discord considers it expired: 401, 50027.
    record.createdAt -= 15 * 60_000;
    const webhook = `/webhooks/${tenant.application.id}/${record.token}/messages/@original`;
    expect(await edge.rest(tenant, 'PATCH', webhook, { content: 'late' })).toMatchObject({
      status: 403,
      body: { code: 50027 },
    });
    expect((await edge.session(tenant, 'GET')).body).toMatchObject({ status: 'connected' });
    expect((await post(tenant)).status).toBe(200);
    bot.close();
  });
});
