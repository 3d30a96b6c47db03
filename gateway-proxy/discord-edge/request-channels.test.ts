import { setTimeout as delay } from 'node:timers/promises';
import { ApplicationFlags } from 'discord-api-types/v10';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callDigest } from '#policies/entered.ts';
import { postMessage } from '#test/sandbox/world/messages.ts';
import { newMessage } from '#test/sandbox/discord/payloads/message.ts';
import { updateApplication } from '#test/sandbox/world/applications.ts';
import { addPerson, createChannel } from '#test/sandbox/world/guilds.ts';
import { goToVoice, writeMessage } from '#test/sandbox/world/acting/person.ts';
import { defaultIdentifyLimits } from './budgets/identifies.ts';
import { TestEdge, type TestTenant } from './test-edge.ts';
import { eventually, type Frame, type StreamClient } from './test-stream.ts';

let edge: TestEdge;
let tenant: TestTenant;
let bot: StreamClient;
let opsPort: number;

const granted = ApplicationFlags.GatewayMessageContentLimited;
const grant = (flags: number, of = tenant) => updateApplication(edge.sandbox.world, of.application.id, { flags });
const call = (path: string, action: 'request-channel.check' | 'request-channel.follow', body: object, of = tenant) =>
  edge.call({
    method: 'POST',
    path: `/v1/tenants/${of.id}/${path}`,
    action,
    tenant: of.id,
    guild: of.guild.id,
    from: 'audio',
    body,
  });
const check = (channelId: string, of = tenant) =>
  call(`guilds/${of.guild.id}/request-channel/check`, 'request-channel.check', { channelId }, of);
/** As the audio service stores it, and tells of it. */
async function choose(channel: string | null, of = tenant): Promise<void> {
  await edge.admin(
    `insert into guild_settings (tenant_id, guild_id, version, document) values ($1, $2, 1, $3)
       on conflict (tenant_id, guild_id) do update set document = excluded.document`,
    [of.id, of.guild.id, JSON.stringify({ requestChannel: channel })],
  );
  expect(await call('request-channels/changed', 'request-channel.follow', {}, of)).toMatchObject({ status: 204 });
}
const say = (text: string, of = tenant, channel = of.text, by = of.member) =>
  writeMessage(edge.sandbox.world, channel, by, text).message;
const requests = (stream = bot) => stream.frames.filter(({ t }) => t === 'MESSAGE_CREATE');
const queries = (stream = bot) => requests(stream).map(({ d }) => d?.['content']);
const tokenOf = ({ txn }: Frame) =>
  JSON.parse(Buffer.from(String(txn).split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
const session = async (of = tenant) =>
  (await edge.session(of, 'GET')).body as { status: string; findings?: { code: string }[] };

beforeAll(async () => {
  edge = await TestEdge.create();
  const identifyLimits = { ...defaultIdentifyLimits, intervalMs: 10 };
  ({ opsPort } = await edge.start({ identifyLimits, random: () => 0.01 }));
  tenant = await edge.connected('Requests');
  grant(granted);
  await choose(tenant.text);
  await eventually(() => edge.count('identify', tenant, 'start') === 2);
  await eventually(async () => (await session()).status === 'connected');
});
beforeEach(async () => {
  bot = await edge.attach(tenant);
  await bot.next(({ op }) => op === 'attached');
});
afterAll(() => edge[Symbol.asyncDispose]());

describe('a request channel', () => {
  it('has its messages delivered, reduced to what they ask for, with a token that lets the bot add just that', async () => {
    goToVoice(edge.sandbox.world, tenant.guild.id, tenant.member, tenant.voice);
    const link = 'https://music.sandbox.test/track/harbour-lights';
    const { id } = say(`a secret, and please <${link}>`);
    const frame = await bot.dispatch('MESSAGE_CREATE');
    expect(frame.d).toEqual({
      id,
      guild_id: tenant.guild.id,
      channel_id: tenant.text,
      author: { id: tenant.member },
      content: link,
    });
    expect(JSON.stringify(bot.frames)).not.toContain('secret');
    expect(tokenOf(frame)).toMatchObject({
      txn: `txn_${id}`,
      scope: 'player.enqueue',
      tctx: { interaction: { id, call_digests: { 'player.enqueue': callDigest({ query: link }) } } },
      rctx: {
        user: tenant.member,
        guild: tenant.guild.id,
        channel: tenant.text,
        voiceChannel: tenant.voice,
        command: 'play',
      },
    });
    await edge.acknowledge(tenant, Number(frame['seq']));
    goToVoice(edge.sandbox.world, tenant.guild.id, tenant.member, null);
  });

  it('is the only one whose messages leave the edge, and bots are not heard in it', async () => {
    const { world } = edge.sandbox;
    const elsewhere = createChannel(world, tenant.guild.id, { name: 'elsewhere', type: 'text' });
    say('a secret elsewhere', tenant, elsewhere.id);
    const own = await edge.rest(tenant, 'POST', `/channels/${tenant.text}/messages`, { content: 'https://a.test/own' });
    expect(own.status).toBe(200);
    const other = await edge.connected('Another bot');
    const content = { content: 'https://a.test/bot' };
    const written = newMessage(world, { channelId: tenant.text, authorId: other.application.botUserId, content });
    postMessage(world, tenant.guild.id, written);
    const { userId } = addPerson(world, tenant.guild.id, 'Somebody');
    say('the last', tenant, tenant.text, userId);
    const frame = await bot.dispatch('MESSAGE_CREATE');
    expect(queries()).toEqual(['the last']);
    await edge.acknowledge(tenant, Number(frame['seq']));
  });

  it('takes a few messages of a member at a time, and each once, also for a bot that was away', async () => {
    bot.close();
    const { userId } = addPerson(edge.sandbox.world, tenant.guild.id, 'Flood');
    const { userId: calm } = addPerson(edge.sandbox.world, tenant.guild.id, 'Calm');
    for (let count = 1; count <= 20; count += 1) say(`flood ${count}`, tenant, tenant.text, userId);
    say('calm', tenant, tenant.text, calm);
    edge.sandbox.faults.inject({ op7: tenant.application.id });
    await eventually(() => edge.count('resume', tenant, 'resumed') > 0);
    await eventually(async () => (await session()).status === 'connected');
    const back = await edge.attach(tenant);
    await back.dispatch('MESSAGE_CREATE', (d) => d['content'] === 'calm');
    expect(queries(back)).toEqual([...[1, 2, 3, 4, 5, 6].map((count) => `flood ${count}`), 'calm']);
    await edge.acknowledge(tenant, Math.max(...requests(back).map(({ seq }) => Number(seq))));
    back.close();
  });

  it('is not heard where the feature is switched off', async () => {
    const turn = (on: boolean) =>
      edge.admin(
        `insert into feature_choice (tenant_id, feature, is_on) values ($1, 'request-channel', $2)
           on conflict (tenant_id, guild_id, feature) do update set is_on = excluded.is_on`,
        [tenant.id, on],
      );
    const ask = (words: string) => {
      const { userId } = addPerson(edge.sandbox.world, tenant.guild.id, words);
      say(words, tenant, tenant.text, userId);
    };
    await turn(false);
    // The edge is told of a change in its own time.
    let asked = 0;
    await eventually(async () => {
      ask(`off ${(asked += 1)}`);
      await delay(100);
      return !queries().includes(`off ${asked}`);
    });
    const unheard = `off ${asked}`;
    await turn(true);
    await eventually(async () => {
      ask(`on ${(asked += 1)}`);
      await delay(100);
      return queries().includes(`on ${asked}`);
    });
    expect(queries()).not.toContain(unheard);
  });

  it('can be marked as heard, with one emoji alone', async () => {
    const { id } = say('mark me');
    const react = (emoji: string) =>
      edge.rest(tenant, 'PUT', `/channels/${tenant.text}/messages/${id}/reactions/${encodeURIComponent(emoji)}/@me`);
    expect((await react('✅')).status).toBe(204);
    expect((await react('💩')).status).toBe(403);
    expect(edge.sandbox.world.messages.get(id)?.message.reactions).toMatchObject([{ emoji: { name: '✅' }, count: 1 }]);
  });
});

describe('the intent for the content of messages', () => {
  it('is not asked for where Discord does not grant it, and the tenant learns why', async () => {
    const without = await edge.connected('Without');
    expect(await check(without.text, without)).toMatchObject({
      status: 409,
      body: { code: 'request-channel.no-intent' },
    });
    const stream = await edge.attach(without);
    await choose(without.text, without);
    edge.sandbox.faults.inject({ op7: without.application.id });
    await eventually(async () => (await session(without)).findings?.[0]?.code === 'message-content-missing');
    const health = await fetch(`http://127.0.0.1:${opsPort}/health`);
    expect(health.status).toBe(200);
    expect(await health.text()).toContain('Discord does not let 1 of the bots read their request channels');
    say('unread', without);
    expect(queries(stream)).toEqual([]);
    expect(edge.count('identify', without)).toBe(1);
    // Once it is switched on there, the bot reads.
    grant(granted, without);
    expect(await check(without.text, without)).toMatchObject({ status: 204 });
    await choose(without.text, without);
    await eventually(() => edge.count('identify', without, 'start') === 2);
    await eventually(async () => (await session(without)).status === 'connected');
    say('read', without);
    await stream.dispatch('MESSAGE_CREATE', (d) => d['content'] === 'read');
    stream.close();
  });

  it('is given up where Discord withdraws it, and the bot goes on without', async () => {
    const withdrawn = await edge.connected('Withdrawn');
    grant(granted, withdrawn);
    await choose(withdrawn.text, withdrawn);
    await eventually(() => edge.count('identify', withdrawn, 'start') === 2);
    await eventually(async () => (await session(withdrawn)).status === 'connected');
    grant(0, withdrawn);
    edge.sandbox.faults.inject({ op9: withdrawn.application.id });
    await eventually(() => edge.count('identify', withdrawn, 'start') === 3);
    await eventually(async () => (await session(withdrawn)).status === 'connected');
    expect(edge.count('identify', withdrawn)).toBe(4);
  });

  it('is not asked for by a bot without a request channel', async () => {
    const plain = await edge.connected('Plain');
    grant(granted, plain);
    await choose(null, plain);
    expect(edge.count('identify', plain)).toBe(1);
  });
});

it('a request channel has to be a text channel that the bot sees', async () => {
  const { world } = edge.sandbox;
  const hidden = createChannel(world, tenant.guild.id, {
    name: 'hidden',
    type: 'text',
    overwrites: [{ id: tenant.guild.id, type: 0, allow: '0', deny: '1024' }],
  });
  expect(await check(tenant.voice)).toMatchObject({ body: { code: 'request-channel.not-text' } });
  expect(await check('300000000000000999')).toMatchObject({ body: { code: 'request-channel.not-text' } });
  await eventually(async () => (await check(hidden.id)).status === 409);
  expect(await check(hidden.id)).toMatchObject({ body: { code: 'request-channel.hidden' } });
  expect(await check(tenant.text)).toMatchObject({ status: 204 });
});
