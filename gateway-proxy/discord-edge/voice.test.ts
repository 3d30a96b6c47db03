import { PermissionFlagsBits } from 'discord-api-types/v10';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installApplication, removeApplication } from '#test/sandbox/world/applications.ts';
import { addPerson, createChannel, deleteChannel, updateChannel } from '#test/sandbox/world/guilds.ts';
import { changeVoice } from '#test/sandbox/world/voice.ts';
import { TestEdge, type TestTenant } from './test-edge.ts';
import { eventually, type StreamClient } from './test-stream.ts';

let edge: TestEdge;
let tenant: TestTenant;
let audio: StreamClient;

beforeAll(async () => {
  edge = await TestEdge.create();
  await edge.start();
  tenant = await edge.connected('Voice');
  audio = await follow();
});
afterAll(() => edge[Symbol.asyncDispose]());

const follow = () => edge.voiceEvents();
const send = (of: TestTenant, guild: string, body: object) =>
  edge.call({
    method: 'POST',
    path: `/v1/tenants/${of.id}/guilds/${guild}/voice`,
    action: 'voice.send',
    tenant: of.id,
    guild,
    from: 'audio',
    body,
  });
const states = (client: StreamClient, of: TestTenant) =>
  client.frames.filter(({ kind, tenant: id }) => kind === 'state' && id === of.id);
const last = (client: StreamClient, of: TestTenant) => states(client, of).at(-1);

describe('voice', () => {
  it('starts with what is true now, which is nothing', async () => {
    await audio.next(({ kind }) => kind === 'current');
    expect(states(audio, tenant)).toEqual([]);
  });

  it('joins, and tells the state and the server of it', async () => {
    expect((await send(tenant, tenant.guild.id, { channelId: tenant.voice })).status).toBe(204);
    const state = await audio.next(({ kind, tenant: id }) => kind === 'state' && id === tenant.id);
    expect(state).toMatchObject({
      guild: tenant.guild.id,
      userId: tenant.application.botUserId,
      channelId: tenant.voice,
      sessionId: expect.any(String) as string,
      listeners: 0,
    });
    const server = await audio.next(({ kind, tenant: id }) => kind === 'server' && id === tenant.id);
    expect(server).toMatchObject({
      token: expect.any(String) as string,
      endpoint: expect.stringMatching(/^[\w.-]+:\d+$/) as string,
    });
  });

  it('counts and names the members who listen, and no bots', async () => {
    const { world } = edge.sandbox;
    changeVoice(world, tenant.guild.id, tenant.member, { channelId: tenant.voice, sessionId: 'a' });
    await eventually(() => last(audio, tenant)?.['listeners'] === 1);
    const second = addPerson(world, tenant.guild.id, 'Second');
    changeVoice(world, tenant.guild.id, second.userId, { channelId: tenant.voice, sessionId: 'b' });
    await eventually(() => last(audio, tenant)?.['listeners'] === 2);
    expect(last(audio, tenant)?.['listenerIds']).toEqual([tenant.member, second.userId]);
    changeVoice(world, tenant.guild.id, second.userId, { channelId: null, sessionId: 'b' });
    await eventually(() => last(audio, tenant)?.['listeners'] === 1);
  });

  it('names the listeners who are deafened', async () => {
    const { world } = edge.sandbox;
    const there = { channelId: tenant.voice, sessionId: 'a' };
    changeVoice(world, tenant.guild.id, tenant.member, { ...there, selfDeaf: true });
    await eventually(() => last(audio, tenant)?.['deafIds'] !== undefined);
    expect(last(audio, tenant)).toMatchObject({ listeners: 1, deafIds: [tenant.member] });
    changeVoice(world, tenant.guild.id, tenant.member, { ...there, selfDeaf: false });
    await eventually(() => last(audio, tenant)?.['deafIds'] === undefined);
  });

  it('tells a listener that comes later how things are', async () => {
    const late = await follow();
    await late.next(({ kind }) => kind === 'current');
    expect(late.frames.map(({ kind }) => kind)).toEqual(['state', 'server', 'current']);
    expect(late.frames[0]).toMatchObject({ channelId: tenant.voice, listeners: 1 });
    late.close();
  });

  it('is known again after a restart, with its server', async () => {
    const other = await TestEdge.create();
    try {
      await other.start();
      const moved = await other.connected('Restarted');
      await other.call({
        method: 'POST',
        path: `/v1/tenants/${moved.id}/guilds/${moved.guild.id}/voice`,
        action: 'voice.send',
        tenant: moved.id,
        guild: moved.guild.id,
        from: 'audio',
        body: { channelId: moved.voice },
      });
      await eventually(() => moved.guild.voiceStates.length === 1);
      const before = await other.voiceEvents();
      await before.next(({ kind }) => kind === 'server');
      await other.stop();
      await other.start();
      const after = await other.voiceEvents();
      const again = await after.next(({ kind }) => kind === 'server');
      expect(again['token']).toBe(before.frames.find(({ kind }) => kind === 'server')?.['token']);
      expect(await after.next(({ kind }) => kind === 'state')).toMatchObject({ channelId: moved.voice });
    } finally {
      await other[Symbol.asyncDispose]();
    }
  });

  it('leaves, and says so', async () => {
    expect((await send(tenant, tenant.guild.id, { channelId: null })).status).toBe(204);
    await eventually(() => last(audio, tenant)?.['channelId'] === null);
  });

  it('is refused for a guild that the bot is not in, and for a channel that is no voice channel of it', async () => {
    const other = await edge.connected('Elsewhere');
    expect(await send(tenant, other.guild.id, { channelId: other.voice })).toMatchObject({ status: 404 });
    expect(await send(tenant, tenant.guild.id, { channelId: other.voice })).toMatchObject({ status: 404 });
    expect(await send(tenant, tenant.guild.id, { channelId: tenant.text })).toMatchObject({ status: 404 });
    expect(await send(other, other.guild.id, { channelId: other.voice })).toMatchObject({ status: 204 });
  });

  it.each([
    [
      'the bot is removed from the guild',
      (of: TestTenant) => removeApplication(edge.sandbox.world, of.guild.id, of.application.id),
      undefined,
    ],
    ['its session is closed', (of: TestTenant) => edge.session(of, 'DELETE'), undefined],
    [
      'Discord ends its session for good',
      (of: TestTenant) => edge.sandbox.faults.inject({ close: { applicationId: of.application.id, code: 4004 } }),
      undefined,
    ],
    ['its session is invalid', (of: TestTenant) => edge.sandbox.faults.inject({ op9: of.application.id }), true],
  ])('ends when %s, and is called lost only where a new session is without it', async (_name, happens, lost) => {
    const leaving = await edge.connected('Leaving');
    await send(leaving, leaving.guild.id, { channelId: leaving.voice });
    await eventually(() => last(audio, leaving)?.['channelId'] === leaving.voice);
    await happens(leaving);
    await eventually(() => last(audio, leaving)?.['channelId'] === null);
    expect(last(audio, leaving)?.['lost']).toBe(lost);
  });

  it('is called deleted where its channel was, and not where somebody has taken the bot out', async () => {
    const { world } = edge.sandbox;
    const on = await edge.connected('Homeless');
    const room = createChannel(world, on.guild.id, { name: 'Room', type: 'voice' });
    changeVoice(world, on.guild.id, on.member, { channelId: room.id, sessionId: 'a' });
    await eventually(async () => (await send(on, on.guild.id, { channelId: room.id })).status === 204);
    await eventually(() => last(audio, on)?.['channelId'] === room.id);
    deleteChannel(world, on.guild.id, room.id);
    await eventually(() => last(audio, on)?.['channelId'] === null);
    expect(last(audio, on)).toMatchObject({ deleted: true });
    // What Discord says afterwards of those who were in it does not bring the bot back.
    await eventually(() => on.guild.voiceStates.length === 0);
    expect(await send(on, on.guild.id, { channelId: room.id })).toMatchObject({
      body: { code: 'voice.unknown-channel' },
    });
    expect((await send(on, on.guild.id, { channelId: on.voice })).status).toBe(204);
    await eventually(() => last(audio, on)?.['channelId'] === on.voice);
    changeVoice(world, on.guild.id, on.application.botUserId, { channelId: null, sessionId: '' });
    await eventually(() => last(audio, on)?.['channelId'] === null);
    expect(last(audio, on)).not.toHaveProperty('deleted');
    expect(states(audio, on).map(({ channelId }) => channelId)).toEqual([room.id, null, on.voice, null]);
  });

  it('is told at once, and in words, why it cannot get in', async () => {
    const { world } = edge.sandbox;
    const on = await edge.connected('Kept out');
    const full = createChannel(world, on.guild.id, { name: 'Full', type: 'voice', userLimit: 1 });
    const hidden = createChannel(world, on.guild.id, {
      name: 'Hidden',
      type: 'voice',
      overwrites: [{ id: on.guild.id, type: 0, allow: '0', deny: String(PermissionFlagsBits.Connect) }],
    });
    changeVoice(world, on.guild.id, on.member, { channelId: full.id, sessionId: 'a' });
    await eventually(async () => (await send(on, on.guild.id, { channelId: full.id })).status === 409);
    expect(await send(on, on.guild.id, { channelId: full.id })).toMatchObject({ body: { code: 'voice.full' } });
    expect(await send(on, on.guild.id, { channelId: hidden.id })).toMatchObject({
      status: 409,
      body: { code: 'voice.not-allowed', title: expect.stringContaining('“Connect”') as string },
    });
  });

  it('tells while nobody hears the bot, and lets it enter anew when it may speak', async () => {
    const { world } = edge.sandbox;
    const on = await edge.connected('Silenced');
    const deny = { id: on.guild.id, type: 0 as const, allow: '0', deny: String(PermissionFlagsBits.Speak) };
    const quiet = createChannel(world, on.guild.id, { name: 'Quiet', type: 'voice', overwrites: [deny] });
    await eventually(async () => (await send(on, on.guild.id, { channelId: quiet.id })).status === 204);
    await eventually(() => last(audio, on)?.['silenced'] === 'no-permission');
    expect(on.guild.voiceStates).toMatchObject([{ suppress: true }]);
    updateChannel(world, on.guild.id, quiet.id, { overwrites: [] });
    // Discord keeps to its decision from when the bot joined, so the bot leaves, and whoever plays sends it in again.
    await eventually(() => last(audio, on)?.['channelId'] === null);
    expect(last(audio, on)).toMatchObject({ lost: true });
    expect((await send(on, on.guild.id, { channelId: quiet.id })).status).toBe(204);
    await eventually(() => last(audio, on)?.['channelId'] === quiet.id);
    expect(last(audio, on)?.['silenced']).toBeUndefined();
    expect(on.guild.voiceStates).toMatchObject([{ suppress: false }]);
    // What it loses later it keeps until it rejoins, and a departure is then deliberate again.
    updateChannel(world, on.guild.id, quiet.id, { overwrites: [deny] });
    expect((await send(on, on.guild.id, { channelId: null })).status).toBe(204);
    await eventually(() => last(audio, on)?.['channelId'] === null);
    expect(last(audio, on)).not.toHaveProperty('lost');
  });

  it('speaks in a stage by itself once it may', async () => {
    const { world } = edge.sandbox;
    const on = await edge.connected('Waiting');
    installApplication(world, on.guild.id, on.application.id, 0n);
    const stage = createChannel(world, on.guild.id, { name: 'Stage', type: 'stage' });
    await eventually(async () => (await send(on, on.guild.id, { channelId: stage.id })).status === 204);
    await eventually(() => on.guild.voiceStates[0]?.requestToSpeakAt != null);
    await eventually(() => last(audio, on)?.['silenced'] === 'audience');
    installApplication(world, on.guild.id, on.application.id, PermissionFlagsBits.MuteMembers);
    await eventually(() => last(audio, on)?.['silenced'] === undefined);
    expect(on.guild.voiceStates).toMatchObject([{ suppress: false }]);
  });

  it('speaks in a stage once it may, although it asked to before a restart', async () => {
    const other = await TestEdge.create();
    try {
      await other.start();
      const on = await other.connected('Patient');
      const { world } = other.sandbox;
      installApplication(world, on.guild.id, on.application.id, 0n);
      const stage = createChannel(world, on.guild.id, { name: 'Stage', type: 'stage' });
      const call = { method: 'POST', action: 'voice.send', tenant: on.id, guild: on.guild.id, from: 'audio' } as const;
      const path = `/v1/tenants/${on.id}/guilds/${on.guild.id}/voice`;
      await eventually(async () => (await other.call({ ...call, path, body: { channelId: stage.id } })).status === 204);
      await eventually(() => on.guild.voiceStates[0]?.requestToSpeakAt != null);
      await (await other.voiceEvents()).next(({ silenced }) => silenced === 'audience');
      await other.stop();
      await other.start();
      await (await other.voiceEvents()).next(({ silenced }) => silenced === 'audience');
      installApplication(world, on.guild.id, on.application.id, PermissionFlagsBits.MuteMembers);
      await eventually(() => on.guild.voiceStates[0]?.suppress === false);
    } finally {
      await other[Symbol.asyncDispose]();
    }
  });

  it('speaks in a stage when it may, and asks to otherwise', async () => {
    const { world, requestLog } = edge.sandbox;
    for (const [name, permissions, expected] of [
      ['Moderator', PermissionFlagsBits.MuteMembers, { suppress: false }],
      ['Audience', 0n, { suppress: true, requestToSpeakAt: expect.any(String) as string }],
    ] as const) {
      const on = await edge.connected(name);
      installApplication(world, on.guild.id, on.application.id, permissions);
      const stage = createChannel(world, on.guild.id, { name: 'Stage', type: 'stage' });
      await eventually(async () => (await send(on, on.guild.id, { channelId: stage.id })).status === 204);
      await eventually(() => {
        const state = on.guild.voiceStates.find(({ userId }) => userId === on.application.botUserId);
        return state !== undefined && (!state.suppress || state.requestToSpeakAt !== null);
      });
      expect(on.guild.voiceStates).toMatchObject([expected]);
      const asked = requestLog
        .since()
        .filter(
          (entry) => entry.kind === 'rest' && entry.applicationId === on.application.id && entry.method === 'PATCH',
        );
      expect(asked).toHaveLength(permissions === 0n ? 2 : 1);
    }
  });

  it('needs a session', async () => {
    const closed = await edge.connected('Closed');
    await edge.session(closed, 'DELETE');
    expect((await send(closed, closed.guild.id, { channelId: closed.voice })).status).toBe(404);
  });
});
