import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GatewayIntentBits as Intent, PermissionFlagsBits as Permission } from 'discord-api-types/v10';
import { ManualClock } from '../../clock.ts';
import { startHarness } from '../../testing/harness.ts';
import type { Harness } from '../../testing/harness.ts';
import { RawGateway } from '../../testing/raw-gateway.ts';
import { installApplication, removeApplication, resetToken, updateApplication } from '../../world/applications.ts';
import { goToVoice, useCommand, writeMessage } from '../../world/acting/person.ts';
import { putCommand } from '../../world/commands.ts';
import { createChannel, createGuild, updateChannel } from '../../world/guilds.ts';
import { waitFor } from '../../testing/harness.ts';
import type { Application } from '../../world/types.ts';

let harness: Harness;
let clock: ManualClock;
let application: Application;

beforeEach(async () => {
  clock = new ManualClock();
  harness = await startHarness({ clock, limits: { identifiesPerDay: 3, replayDispatches: 5, sendsPerMinute: 20 } });
  application = harness.newApplication();
});
afterEach(() => harness[Symbol.asyncDispose]());

const connect = () => RawGateway.connect(harness.sandbox.discord.gatewayUrl);

/** A client that is ready and has received its guild, with its session id. */
async function ready(intents = Intent.Guilds | Intent.GuildVoiceStates) {
  const client = await connect();
  client.identify(application.token, intents);
  const { d } = await client.dispatch('READY');
  if (intents & Intent.Guilds) await client.dispatch('GUILD_CREATE');
  const { session_id: sessionId, resume_gateway_url: resumeUrl } = d as {
    session_id: string;
    resume_gateway_url: string;
  };
  return { client, sessionId, resumeUrl };
}

async function resume(resumeUrl: string, sessionId: string, seq: number): Promise<RawGateway> {
  const client = await RawGateway.connect(resumeUrl);
  client.send(6, { token: application.token, session_id: sessionId, seq });
  return client;
}

const say = (content: string) =>
  writeMessage(harness.world, harness.channel('general'), harness.person('Max'), content);

describe('identify', () => {
  test.each([
    { name: 'a wrong token', code: 4004, identify: { token: 'wrong' } },
    { name: 'intents that do not exist', code: 4013, identify: { intents: 2 ** 30 } },
    { name: 'a privileged intent that is not enabled', code: 4014, identify: { intents: Intent.GuildMembers } },
    { name: 'a shard beyond its count', code: 4010, identify: { shard: [2, 2] } },
    { name: 'missing properties', code: 4002, identify: { properties: undefined } },
  ])('closes with $code for $name', async ({ code, identify }) => {
    const client = await connect();
    client.send(2, { token: application.token, intents: 1, properties: {}, ...identify });
    expect(await client.closed).toBe(code);
  });

  test('accepts a privileged intent that is enabled', async () => {
    updateApplication(harness.world, application.id, { flags: 1 << 15 });
    const { client } = await ready(Intent.Guilds | Intent.GuildMembers);
    client.send(8, { guild_id: harness.hall.id, query: '', limit: 0 });
    const { d } = await client.dispatch('GUILD_MEMBERS_CHUNK');
    expect((d as { members: unknown[] }).members).toHaveLength(harness.hall.members.length);
  });

  test('answers a second one within 5 seconds with op 9, and accepts it afterwards', async () => {
    await ready();
    const second = await connect();
    second.identify(application.token);
    expect((await second.op(9)).d).toBe(false);
    clock.advance(5_000);
    second.identify(application.token);
    await second.dispatch('READY');
    const outcomes = harness.sandbox.requestLog.since().filter((entry) => entry.kind === 'identify');
    expect(outcomes.map((entry) => entry.outcome)).toEqual(['start', 'wait', 'start']);
  });

  test('resets the token and ends every session when the daily allowance is exceeded', async () => {
    const { token } = application;
    const first = await ready();
    for (let n = 0; n < 2; n += 1) {
      clock.advance(5_000);
      await ready();
    }
    clock.advance(5_000);
    const tooMany = await connect();
    tooMany.identify(token);
    expect(await tooMany.closed).toBe(4004);
    expect(await first.client.closed).toBe(4004);
    expect(application.token).not.toBe(token);
  });
});

describe('a connection', () => {
  test('is greeted with the heartbeat interval and gets an ACK for each heartbeat', async () => {
    const client = await connect();
    expect((await client.op(10)).d).toMatchObject({ heartbeat_interval: 41_250 });
    client.send(1, null);
    await client.op(11);
  });

  test('is closed with 4009 when it sends no heartbeat', async () => {
    const { client } = await ready();
    clock.advance(41_250 * 2);
    expect(await client.closed).toBe(4009);
  });

  test('is out of voice once its session has timed out, even if it never answers the close', async () => {
    const { client } = await ready();
    client.send(4, { guild_id: harness.hall.id, channel_id: harness.channel('Lounge') });
    await client.dispatch('VOICE_SERVER_UPDATE');
    clock.advance(41_250 * 2);
    // Before the client can have read anything.
    expect(harness.world.voiceConnection(application.botUserId, harness.hall.id)).toBeUndefined();
  });

  test('gets no ACKs while that fault is active', async () => {
    const client = await connect();
    harness.sandbox.faults.inject({ dropHeartbeatAcks: true });
    client.send(1, null);
    client.send(77, null);
    expect(await client.closed).toBe(4003);
    expect(client.frames.filter((frame) => frame.op === 11)).toHaveLength(0);
  });

  test.each([
    { name: 'an opcode before identifying', code: 4003, text: '{"op":3,"d":{}}' },
    { name: 'something that is not JSON', code: 4002, text: '{' },
    { name: 'a payload over 4,096 bytes', code: 4002, text: JSON.stringify({ op: 1, d: 'x'.repeat(4_090) }) },
  ])('is closed with $code for $name', async ({ code, text }) => {
    const client = await connect();
    client.sendText(text);
    expect(await client.closed).toBe(code);
  });

  test('is closed with 4005 for a second identify and 4001 for an unknown opcode', async () => {
    const first = await ready();
    first.client.identify(application.token);
    expect(await first.client.closed).toBe(4005);
    clock.advance(5_000);
    const second = await ready();
    second.client.send(99, null);
    expect(await second.client.closed).toBe(4001);
  });

  test('is closed with 4008 for too many payloads in a minute, but not when they are spread out', async () => {
    const client = await connect();
    for (let n = 0; n < 20; n += 1) client.send(1, n);
    await client.frame(() => client.frames.filter((frame) => frame.op === 11).length === 20);
    clock.advance(60_000);
    client.send(1, 20);
    await client.frame(() => client.frames.filter((frame) => frame.op === 11).length === 21);
    for (let n = 0; n < 20; n += 1) client.send(1, n);
    expect(await client.closed).toBe(4008);
  });
});

describe('resume', () => {
  test('replays missed events in order, then sends RESUMED', async () => {
    const { client, sessionId, resumeUrl } = await ready(Intent.Guilds | Intent.GuildMessages);
    client.cut();
    await client.closed;
    say('one');
    say('two');
    const again = await resume(resumeUrl, sessionId, 2);
    await again.dispatch('RESUMED');
    const replayed = again.frames.filter((frame) => frame.op === 0);
    expect(replayed.map((frame) => [frame.t, frame.s])).toEqual([
      ['MESSAGE_CREATE', 3],
      ['MESSAGE_CREATE', 4],
      ['RESUMED', 5],
    ]);
  });

  test.each([
    { name: 'of a session that its client closed', goodbye: true, seq: 2 },
    { name: 'with a sequence number that never existed', goodbye: false, seq: 50 },
    { name: 'that misses more than is kept', goodbye: false, seq: 1, messages: 6 },
  ])('is answered with op 9 $name', async ({ goodbye, seq, messages = 0 }) => {
    const { client, sessionId, resumeUrl } = await ready(Intent.Guilds | Intent.GuildMessages);
    if (goodbye) client.close(1000);
    else client.cut();
    await client.closed;
    for (let n = 0; n < messages; n += 1) say(String(n));
    const again = await resume(resumeUrl, sessionId, seq);
    expect((await again.op(9)).d).toBe(false);
  });

  test('is not possible with another application’s token', async () => {
    const { client, sessionId, resumeUrl } = await ready();
    client.cut();
    application = harness.newApplication();
    const again = await resume(resumeUrl, sessionId, 1);
    expect((await again.op(9)).d).toBe(false);
  });

  test('is not possible after the window, and by then the bot has left its voice channel', async () => {
    const { client, sessionId, resumeUrl } = await ready();
    client.send(4, { guild_id: harness.hall.id, channel_id: harness.channel('Lounge') });
    await client.dispatch('VOICE_SERVER_UPDATE');
    client.cut();
    await waitUntilLogged('gateway-close');
    clock.advance(179_000);
    expect(harness.world.voiceConnection(application.botUserId, harness.hall.id)).toBeDefined();
    clock.advance(2_000);
    expect(harness.world.voiceConnection(application.botUserId, harness.hall.id)).toBeUndefined();
    const again = await resume(resumeUrl, sessionId, 2);
    expect((await again.op(9)).d).toBe(false);
  });
});

/** The server notices a cut socket slightly later than the client that cut it. */
async function waitUntilLogged(kind: string): Promise<void> {
  await expect.poll(() => harness.sandbox.requestLog.since().some((entry) => entry.kind === kind)).toBe(true);
}

describe('voice', () => {
  test('sends a joining bot its state and server, and shows the connection to Lavalink', async () => {
    const { client, sessionId } = await ready();
    client.send(4, { guild_id: harness.hall.id, channel_id: harness.channel('Lounge'), self_deaf: true });
    const server = (await client.dispatch('VOICE_SERVER_UPDATE')).d as { token: string; endpoint: string };
    const state = (await client.dispatch('VOICE_STATE_UPDATE')).d;
    expect(state).toMatchObject({ session_id: sessionId, channel_id: harness.channel('Lounge'), self_deaf: true });
    expect(harness.world.voiceConnection(application.botUserId, harness.hall.id)).toEqual({
      channelId: harness.channel('Lounge'),
      sessionId,
      token: server.token,
      endpoint: server.endpoint,
    });
  });

  test('sends a bot nothing if the channel is full, closed to it, or not a voice channel', async () => {
    const { client } = await ready();
    const { hall, world } = harness;
    goToVoice(world, hall.id, harness.person('Max'), harness.channel('Tiny'));
    await client.dispatch('VOICE_STATE_UPDATE');
    const deny = Permission.Connect.toString();
    const overwrites = [{ id: application.botUserId, type: 1 as const, allow: '0', deny }];
    const closed = createChannel(world, hall.id, { name: 'Closed', type: 'voice', overwrites });
    const before = client.frames.length;
    for (const channelId of [harness.channel('Tiny'), closed.id, harness.channel('general')]) {
      client.send(4, { guild_id: hall.id, channel_id: channelId });
    }
    client.send(1, null);
    await client.op(11);
    const told = client.frames.slice(before).filter((frame) => frame.op === 0 && frame.t !== 'CHANNEL_CREATE');
    expect(told).toEqual([]);
    client.send(4, { guild_id: hall.id, channel_id: harness.channel('Lounge') });
    await client.dispatch('VOICE_SERVER_UPDATE');
  });

  test('sends a moved bot a new server, and a disconnected one that it has left', async () => {
    const { client } = await ready();
    const { hall, world } = harness;
    client.send(4, { guild_id: hall.id, channel_id: harness.channel('Lounge') });
    const first = await client.dispatch('VOICE_SERVER_UPDATE');
    goToVoice(world, hall.id, application.botUserId, harness.channel('Tiny'));
    await client.frame((frame) => frame.t === 'VOICE_SERVER_UPDATE' && frame !== first);
    expect(world.voiceConnection(application.botUserId, hall.id)?.channelId).toBe(harness.channel('Tiny'));
    goToVoice(world, hall.id, application.botUserId, null);
    const left = await client.frame(
      ({ t, d }) => t === 'VOICE_STATE_UPDATE' && (d as { channel_id: string | null }).channel_id === null,
    );
    expect(left.d).toMatchObject({ user_id: application.botUserId });
    expect(world.voiceConnection(application.botUserId, hall.id)).toBeUndefined();
  });

  test('accepts ids as numbers, and preserves every digit', async () => {
    const { client } = await ready();
    const lounge = harness.channel('Lounge');
    // As discord.py sends op 4: a double would round these ids.
    client.send(4, { guild_id: BigInt(harness.hall.id), channel_id: BigInt(lounge), self_deaf: true });
    expect((await client.dispatch('VOICE_STATE_UPDATE')).d).toMatchObject({ channel_id: lounge, self_deaf: true });
    client.send(8, { guild_id: BigInt(harness.hall.id), user_ids: [BigInt(application.botUserId), 9007199254740993n] });
    const chunk = (await client.dispatch('GUILD_MEMBERS_CHUNK')).d;
    expect(chunk).toMatchObject({
      members: [{ user: { id: application.botUserId } }],
      not_found: ['9007199254740993'],
    });
  });

  test('suppresses a bot without Speak from the time it joins until it joins again', async () => {
    const { client } = await ready();
    const { world, hall } = harness;
    const deny = { id: hall.id, type: 0 as const, allow: '0', deny: String(Permission.Speak) };
    const quiet = createChannel(world, hall.id, { name: 'Quiet', type: 'voice', overwrites: [deny] });
    const state = () => hall.voiceStates.find(({ userId }) => userId === application.botUserId);
    client.send(4, { guild_id: hall.id, channel_id: quiet.id });
    expect((await client.dispatch('VOICE_STATE_UPDATE')).d).toMatchObject({ suppress: true });
    updateChannel(world, hall.id, quiet.id, { overwrites: [] });
    client.send(4, { guild_id: hall.id, channel_id: quiet.id, self_deaf: true });
    await client.frame(({ t, d }) => t === 'VOICE_STATE_UPDATE' && (d as { self_deaf: boolean }).self_deaf);
    expect(state()?.suppress).toBe(true);
    client.send(4, { guild_id: hall.id, channel_id: null });
    client.send(4, { guild_id: hall.id, channel_id: quiet.id });
    await client.frame(
      ({ t, d }) =>
        t === 'VOICE_STATE_UPDATE' &&
        !(d as { suppress: boolean }).suppress &&
        (d as { channel_id: string | null }).channel_id === quiet.id,
    );
    expect(state()?.suppress).toBe(false);
  });

  test('suppresses a bot in a stage until it unsuppresses itself', async () => {
    application = harness.newApplication('Stage bot', Permission.MuteMembers);
    const { client } = await ready();
    client.send(4, { guild_id: harness.hall.id, channel_id: harness.channel('Stage') });
    expect((await client.dispatch('VOICE_STATE_UPDATE')).d).toMatchObject({ suppress: true });
    const path = `/guilds/${harness.hall.id}/voice-states/@me`;
    const answer = await harness.rest(application, `PATCH ${path}`, { suppress: false });
    expect(answer.status).toBe(204);
    await client.frame(({ t, d }) => t === 'VOICE_STATE_UPDATE' && !(d as { suppress: boolean }).suppress);
  });
});

describe('dispatches', () => {
  test('go only to sessions with the intent', async () => {
    const { client } = await ready(Intent.Guilds);
    goToVoice(harness.world, harness.hall.id, harness.person('Max'), harness.channel('Lounge'));
    say('unheard');
    client.send(1, null);
    await client.op(11);
    const types = client.frames.filter((frame) => frame.op === 0).map((frame) => frame.t);
    expect(types).toEqual(['READY', 'GUILD_CREATE']);
  });

  test('include only the bot and members in voice channels', async () => {
    goToVoice(harness.world, harness.hall.id, harness.person('Dana'), harness.channel('Lounge'));
    const { client } = await ready();
    const { d } = await client.dispatch('GUILD_CREATE');
    const guild = d as { members: { user: { id: string } }[]; member_count: number; voice_states: unknown[] };
    const ids = guild.members.map((member) => member.user.id);
    expect(ids.sort()).toEqual([harness.person('Dana'), application.botUserId].sort());
    expect(guild.member_count).toBe(harness.hall.members.length);
    expect(guild.voice_states).toHaveLength(1);
  });

  test('report being added to and removed from a guild', async () => {
    const { client } = await ready();
    const corner = createGuild(harness.world, 'Corner', harness.person('Ada'));
    installApplication(harness.world, corner.id, application.id);
    await client.frame(({ t, d }) => t === 'GUILD_CREATE' && (d as { id: string }).id === corner.id);
    removeApplication(harness.world, corner.id, application.id);
    expect((await client.dispatch('GUILD_DELETE')).d).toMatchObject({ id: corner.id });
  });

  test('include no interactions while these go to an endpoint URL', async () => {
    const { client } = await ready();
    putCommand(harness.world, application.id, null, { name: 'play', type: 1, description: 'Plays' });
    const use = () =>
      useCommand(harness.world, harness.seat('Max', 'music'), { command: 'play', applicationId: application.id });
    updateApplication(harness.world, application.id, { interactionsEndpointUrl: 'http://127.0.0.1:1/' });
    const lost = use();
    await waitFor(harness.world, () => lost.state === 'failed');
    updateApplication(harness.world, application.id, { interactionsEndpointUrl: null });
    const kept = use();
    expect((await client.dispatch('INTERACTION_CREATE')).d).toMatchObject({ id: kept.id });
  });
});

describe('faults on request', () => {
  test('op 9 makes the session unusable, and the client may identify again on its connection', async () => {
    const { client, sessionId, resumeUrl } = await ready();
    harness.sandbox.faults.inject({ op9: application.id });
    expect((await client.op(9)).d).toBe(false);
    const again = await resume(resumeUrl, sessionId, 2);
    expect((await again.op(9)).d).toBe(false);
    clock.advance(5_000);
    client.identify(application.token);
    await client.frame(({ t, d }) => t === 'READY' && (d as { session_id: string }).session_id !== sessionId);
  });

  test('a close code is used to close the connection', async () => {
    const { client } = await ready();
    harness.sandbox.faults.inject({ close: { applicationId: application.id, code: 4000 } });
    expect(await client.closed).toBe(4000);
  });

  test('being away cuts and refuses every connection; events meanwhile are delivered on resuming', async () => {
    const { client, sessionId, resumeUrl } = await ready();
    harness.sandbox.faults.inject({ away: true });
    expect(await client.closed).toBe(1006);
    await expect(connect()).rejects.toThrow();
    await expect(fetch(`${harness.sandbox.discord.apiUrl}/v10/gateway`)).rejects.toThrow();
    createChannel(harness.world, harness.world.guildsOf(application.id)[0]?.id ?? '', { name: 'new', type: 'text' });
    harness.sandbox.faults.inject({ away: false });
    const again = await resume(resumeUrl, sessionId, 2);
    expect((await again.dispatch('CHANNEL_CREATE')).d).toMatchObject({ name: 'new' });
  });

  test('resetting the token closes the connection with 4004', async () => {
    const { client } = await ready();
    resetToken(harness.world, application.id);
    expect(await client.closed).toBe(4004);
  });
});
