import { PermissionFlagsBits } from 'discord-api-types/v10';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goToVoice, writeMessage } from '#test/sandbox/world/acting/person.ts';
import { installApplication } from '#test/sandbox/world/applications.ts';
import { addPerson, createChannel } from '#test/sandbox/world/guilds.ts';
import { changeVoice } from '#test/sandbox/world/voice.ts';
import { TestEdge, type TestTenant } from './test-edge.ts';
import { eventually } from './test-stream.ts';

let edge: TestEdge;
let tenant: TestTenant;

beforeAll(async () => {
  edge = await TestEdge.create();
  await edge.start();
  tenant = await edge.connected('Talkative');
});
afterAll(() => edge[Symbol.asyncDispose]());

const card = { flags: 1 << 15, components: [{ type: 10, content: 'a song' }] };
const say = (text: string) => writeMessage(edge.sandbox.world, tenant.text, tenant.member, text);
const posted = async () =>
  ((await edge.rest(tenant, 'POST', `/channels/${tenant.text}/messages`, card)).body as { id: string }).id;

describe('talk below a message of the bot', () => {
  it('is counted for the bot, which gets none of it, also after a restart of the edge', async () => {
    const bot = await edge.attach(tenant);
    say('before');
    const after = await posted();
    for (let count = 1; count <= 8; count += 1) say(`a secret, number ${count}, <@${tenant.application.botUserId}>`);
    await bot.next(({ op, later }) => op === 'talk' && later === 8);
    const told = bot.frames.filter(({ op }) => op === 'talk');
    expect(told).toEqual([1, 2, 4, 8].map((later) => ({ op: 'talk', channel: tenant.text, after, later })));
    expect(JSON.stringify(bot.frames)).not.toContain('secret');
    expect(bot.frames.filter(({ t }) => String(t).startsWith('MESSAGE_'))).toEqual([]);

    await edge.stop();
    say('while no edge was there');
    await edge.start();
    const again = await edge.attach(tenant);
    await again.next(({ op, later }) => op === 'talk' && Number(later) >= 8);
    for (let count = 10; count <= 16; count += 1) say('more');
    await again.next(({ op, later }) => op === 'talk' && later === 16);
  });
});

describe('the status of a voice channel', () => {
  const status = () => tenant.guild.channels.find(({ id }) => id === tenant.voice)?.status ?? null;
  const voice = (channelId: string | null) =>
    edge.call({
      method: 'POST',
      path: `/v1/tenants/${tenant.id}/guilds/${tenant.guild.id}/voice`,
      action: 'voice.send',
      tenant: tenant.id,
      guild: tenant.guild.id,
      from: 'audio',
      body: { channelId },
    });
  const set = (text: string | null) =>
    edge.rest(tenant, 'PUT', `/channels/${tenant.voice}/voice-status`, { status: text });

  it('is taken away before the bot leaves, since others stay and it may not do so afterwards', async () => {
    const everyone = tenant.guild.roles.find(({ id }) => id === tenant.guild.id);
    if (everyone)
      everyone.permissions = String(BigInt(everyone.permissions) | PermissionFlagsBits.SetVoiceChannelStatus);
    const { userId } = addPerson(edge.sandbox.world, tenant.guild.id, 'Listener');
    goToVoice(edge.sandbox.world, tenant.guild.id, userId, tenant.voice);
    await voice(tenant.voice);
    await eventually(async () => (await set('a song')).status === 204);
    expect(status()).toBe('a song');
    await edge.stop();
    await edge.start();
    await eventually(async () => (await voice(null)).status === 204);
    expect(status()).toBeNull();
    // It could not have done it now.
    expect((await set('too late')).status).toBe(403);
  });

  it('is taken away when somebody moves the bot to another channel, if it may', async () => {
    const { world } = edge.sandbox;
    const { botUserId: bot } = tenant.application;
    const other = createChannel(world, tenant.guild.id, { name: 'Elsewhere', type: 'voice' });
    installApplication(world, tenant.guild.id, tenant.application.id, PermissionFlagsBits.ManageChannels);
    await eventually(async () => (await voice(tenant.voice)).status === 204);
    await eventually(async () => (await set('a song')).status === 204);
    expect(status()).toBe('a song');
    const before = tenant.guild.voiceStates.find(({ userId }) => userId === bot);
    changeVoice(world, tenant.guild.id, bot, { channelId: other.id, sessionId: before?.sessionId ?? '' });
    await eventually(() => status() === null);
  });
});
