import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Limits } from '../limits.ts';
import { startHarness } from '../testing/harness.ts';
import type { Harness } from '../testing/harness.ts';
import { RawVoice } from '../testing/raw-voice.ts';
import { goToVoice } from '../world/acting/person.ts';
import { assignVoiceServer, changeVoice } from '../world/voice.ts';
import { encryptionModes, seal } from './encryption.ts';
import type { EncryptionMode } from './encryption.ts';
import { heardIn } from './index.ts';
import { rtpHeader } from './rtp.ts';
import { silenceFrame, soundFrame } from './sound-frame.ts';

const [gcm] = encryptionModes;

/** A sandbox with a bot in a voice channel, whose client has not connected yet. */
async function stage(options: { limits?: Partial<Limits>; channel?: string } = {}) {
  const harness = await startHarness(options.limits ? { limits: options.limits } : {});
  const { world, hall, sandbox } = harness;
  const bot = harness.newApplication().botUserId;
  const channelId = harness.channel(options.channel ?? 'Lounge');
  changeVoice(world, hall.id, bot, { channelId, sessionId: 'a-session' });
  const clients: RawVoice[] = [];
  return {
    harness,
    bot,
    credentials() {
      const token = world.voiceConnection(bot, hall.id)?.token ?? '';
      return { server_id: hall.id, user_id: bot, session_id: 'a-session', token };
    },
    async connect() {
      const client = await RawVoice.connect(sandbox.voice);
      clients.push(client);
      return client;
    },
    heard: () => heardIn(sandbox.voice.sessions, hall.id)[0],
    control: (on: string, body?: unknown) => control(harness, on, body),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client[Symbol.dispose]();
      await harness[Symbol.asyncDispose]();
    },
  };
}
type Stage = Awaited<ReturnType<typeof stage>>;

async function control({ sandbox }: Harness, on: string, body?: unknown): Promise<{ status: number; json: unknown }> {
  const [method = 'GET', path = '/'] = on.split(' ');
  const answer = await fetch(new URL(path, sandbox.discord.chatUrl), {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await answer.text();
  return { status: answer.status, json: text === '' ? undefined : JSON.parse(text) };
}

interface Ready {
  readonly ssrc: number;
  readonly ip: string;
  readonly port: number;
  readonly modes: readonly string[];
}

/** Identify, IP discovery, Select Protocol and Speaking: everything a client needs before it is heard. */
async function establish(client: RawVoice, to: Stage, mode: EncryptionMode = gcm, announces = true) {
  client.send(0, to.credentials());
  const ready = await client.data<Ready>(2);
  await client.discover(ready.ssrc, ready.port);
  client.send(1, { protocol: 'udp', data: { address: '127.0.0.1', port: 5000, mode } });
  const { secret_key: key } = await client.data<{ secret_key: number[] }>(4);
  if (announces) client.send(5, { speaking: 1, delay: 0, ssrc: ready.ssrc });
  client.send(3, { t: 1, seq_ack: -1 });
  await client.data(6);
  let count = 0;
  const send = (payload: Buffer, secret: Uint8Array = Uint8Array.from(key)) => {
    count += 1;
    const header = rtpHeader(count, count * 960, ready.ssrc);
    client.sendUdp(seal(mode, secret, { header, payload, counter: count }), ready.port);
  };
  return { ...ready, send };
}

test('greets with version 8, answers heartbeats, and lists its modes, its UDP address and those present', async () => {
  await using on = await stage();
  const { harness } = on;
  goToVoice(harness.world, harness.hall.id, harness.person('Max'), harness.channel('Lounge'));
  const client = await on.connect();
  expect(await client.data(8)).toEqual({ v: 8, heartbeat_interval: 13_750 });
  client.send(3, { t: 1_501_184_119_561, seq_ack: -1 });
  expect(await client.data(6)).toEqual({ t: 1_501_184_119_561 });
  client.send(0, { ...on.credentials(), max_dave_protocol_version: 1 });
  const ready = await client.data<Ready>(2);
  expect(ready).toMatchObject({ ip: '127.0.0.1', modes: encryptionModes });
  expect(await client.data(11)).toEqual({ user_ids: [harness.person('Max')] });
  client.send(1, { protocol: 'udp', data: { address: '127.0.0.1', port: 5000, mode: gcm } });
  expect(await client.data(4)).toMatchObject({ mode: gcm, dave_protocol_version: 0, audio_codec: 'opus' });
  goToVoice(harness.world, harness.hall.id, harness.person('Max'), null);
  expect(await client.data(13)).toEqual({ user_id: harness.person('Max') });
});

test('tells a client the address and port at which it is seen', async () => {
  await using on = await stage();
  const client = await on.connect();
  client.send(0, on.credentials());
  const { ssrc, port } = await client.data<Ready>(2);
  const { answer, ownPort } = await client.discover(ssrc, port);
  const expected = Buffer.alloc(74);
  expected.writeUInt16BE(2, 0);
  expected.writeUInt16BE(70, 2);
  expected.writeUInt32BE(ssrc, 4);
  expected.write('127.0.0.1', 8);
  expected.writeUInt16BE(ownPort, 72);
  expect(answer).toEqual(expected);
});

describe.each(encryptionModes)('with %s', (mode) => {
  test('hears each track separately, only from decrypted packets', async () => {
    await using on = await stage();
    const { send } = await establish(await on.connect(), on, mode);
    for (let packet = 0; packet < 10; packet += 1) send(soundFrame('a', 'First'));
    for (let packet = 0; packet < 5; packet += 1) send(silenceFrame);
    for (let packet = 0; packet < 4; packet += 1) send(soundFrame('b', 'Second'));
    await expect.poll(() => on.heard()?.packets).toBe(19);
    expect(on.heard()).toMatchObject({
      connected: true,
      speaking: true,
      mode,
      silenceFrames: 5,
      tracks: [
        { identifier: 'a', title: 'First', packets: 10, seconds: 0.2, lost: 0 },
        { identifier: 'b', title: 'Second', packets: 4, lost: 0 },
      ],
    });
  });

  test('hears nothing sealed with another key', async () => {
    await using on = await stage();
    const { send } = await establish(await on.connect(), on, mode);
    send(soundFrame('a', 'First'), randomBytes(32));
    await expect.poll(() => on.heard()?.undecryptable).toBe(1);
    expect(on.heard()).toMatchObject({ packets: 0, tracks: [] });
  });
});

test('hears nobody who is suppressed, or who never announced speaking', async () => {
  await using on = await stage({ channel: 'Stage' });
  const suppressed = await establish(await on.connect(), on);
  suppressed.send(soundFrame('a', 'First'));
  await expect.poll(() => on.heard()?.unheard).toBe(1);
  changeVoice(on.harness.world, on.harness.hall.id, on.bot, {
    channelId: on.harness.channel('Lounge'),
    sessionId: 'a-session',
  });
  const unannounced = await establish(await on.connect(), on, gcm, false);
  unannounced.send(soundFrame('a', 'First'));
  await expect.poll(() => on.heard()?.unheard).toBe(2);
  expect(on.heard()?.tracks).toEqual([]);
});

describe('refuses', () => {
  const select = (data: object) => ({ protocol: 'udp', data: { address: '127.0.0.1', port: 1, mode: gcm, ...data } });
  const cases: [code: number, name: string, act: (client: RawVoice, on: Stage) => void][] = [
    [4001, 'an unknown opcode', (client) => client.send(99, {})],
    [4001, 'binary messages', (client) => client.sendRaw(Buffer.from([25, 1]))],
    [4002, 'what is no JSON', (client) => client.sendRaw('{')],
    [4002, 'an Identify without a token', (client, on) => client.send(0, { ...on.credentials(), token: undefined })],
    [4003, 'whoever has not identified', (client) => client.send(1, select({}))],
    [4004, 'a wrong token', (client, on) => client.send(0, { ...on.credentials(), token: 'guessed' })],
    [4006, 'a wrong session', (client, on) => client.send(0, { ...on.credentials(), session_id: 'old' })],
    [4006, 'a bot that is in no channel', (client, on) => client.send(0, { ...on.credentials(), user_id: '1' })],
    [4006, 'to resume what never was', (client, on) => client.send(7, on.credentials())],
    [4011, 'an unknown server', (client, on) => client.send(0, { ...on.credentials(), server_id: '1' })],
  ];
  test.each(cases)('with %i %s', async (code, _name, act) => {
    await using on = await stage();
    const client = await on.connect();
    act(client, on);
    expect(await client.closed).toBe(code);
    expect(on.heard()?.connected ?? false).toBe(false);
  });

  const later: typeof cases = [
    [4005, 'to identify twice', (client, on) => client.send(0, on.credentials())],
    [4012, 'an unknown protocol', (client) => client.send(1, { ...select({}), protocol: 'webrtc' })],
    [4016, 'an unknown encryption', (client) => client.send(1, select({ mode: 'xsalsa20_poly1305' }))],
    [4020, 'a malformed request', (client) => client.send(1, { protocol: 'udp' })],
    [4020, "another's SSRC", (client) => client.send(5, { speaking: 1, delay: 0, ssrc: 0 })],
    [4021, 'a flood', (client) => Array.from({ length: 121 }, () => client.send(3, { t: 1, seq_ack: -1 }))],
  ];
  test.each(later)('with %i %s, from a client that has identified', async (code, _name, act) => {
    await using on = await stage();
    const client = await on.connect();
    client.send(0, on.credentials());
    await client.data(2);
    act(client, on);
    expect(await client.closed).toBe(code);
  });

  test('an unsupported version of the protocol', async () => {
    await using on = await stage();
    const client = await RawVoice.connect(on.harness.sandbox.voice, 3);
    expect(await client.closed).toBe(1006);
  });

  test('with 4009 a client without heartbeats', async () => {
    await using on = await stage({ limits: { voiceHeartbeatIntervalMs: 30 } });
    const client = await on.connect();
    expect(await client.closed).toBe(4009);
  });
});

describe('closes', () => {
  test.each([
    ['a bot that has left the channel', (on: Stage) => goToVoice(on.harness.world, on.harness.hall.id, on.bot, null)],
    [
      'a bot that was moved',
      (on: Stage) => goToVoice(on.harness.world, on.harness.hall.id, on.bot, on.harness.channel('Tiny')),
    ],
    ['a bot whose server has changed', (on: Stage) => assignVoiceServer(on.harness.world, on.harness.hall.id, on.bot)],
  ])('with 4014 %s', async (_name, act) => {
    await using on = await stage();
    const client = await on.connect();
    await establish(client, on);
    act(on);
    expect(await client.closed).toBe(4014);
    expect(on.heard()).toMatchObject({ connected: false, channelId: null });
  });

  test('with 4006 the connection that another one replaces', async () => {
    await using on = await stage();
    const client = await on.connect();
    await establish(client, on);
    await establish(await on.connect(), on);
    expect(await client.closed).toBe(4006);
    expect(on.heard()?.connected).toBe(true);
  });

  test('with the code that the control API requests, and reports if there is nothing to close', async () => {
    await using on = await stage();
    const close = `POST /sandbox/guilds/${on.harness.hall.id}/voice/close`;
    expect((await on.control(close, { code: 4022 })).status).toBe(404);
    const client = await on.connect();
    await establish(client, on);
    expect((await on.control(close, { code: 999 })).status).toBe(400);
    expect((await on.control(close, { code: 4022, user: '1' })).status).toBe(404);
    expect((await on.control(close, { code: 4022, user: on.bot })).json).toEqual({ sessions: 1 });
    expect(await client.closed).toBe(4022);
  });
});

describe('a session whose connection broke', () => {
  test('is resumed with its key and SSRC, and gets the frames that it missed', async () => {
    await using on = await stage();
    const { harness } = on;
    const client = await on.connect();
    const { send } = await establish(client, on);
    await on.control(`POST /sandbox/guilds/${harness.hall.id}/voice/close`, { code: 4015 });
    expect(await client.closed).toBe(4015);
    goToVoice(harness.world, harness.hall.id, harness.person('Max'), harness.channel('Lounge'));
    const again = await on.connect();
    again.send(7, { ...on.credentials(), seq_ack: 0 });
    expect(await again.data(9)).toBeNull();
    expect(again.frames.filter(({ op }) => op !== 8)).toEqual([
      { op: 11, d: { user_ids: [harness.person('Max')] }, seq: 1 },
      { op: 9, d: null },
    ]);
    send(soundFrame('a', 'First'));
    await expect.poll(() => on.heard()?.packets).toBe(1);
  });

  test('is over when its client has left, and after the window', async () => {
    await using on = await stage({ limits: { voiceResumeWindowMs: 20 } });
    for (const code of [1000, undefined]) {
      const client = await on.connect();
      await establish(client, on);
      client.leave(code);
      await expect.poll(() => on.heard()?.ssrc).toBeNull();
      const again = await on.connect();
      again.send(7, { ...on.credentials(), seq_ack: -1 });
      expect(await again.closed).toBe(4006);
    }
  });
});

describe('on request', () => {
  test('answers no heartbeats, drops packets and refuses with a code, until that is ended', async () => {
    await using on = await stage();
    const faults = `/sandbox/guilds/${on.harness.hall.id}/voice/faults`;
    const client = await on.connect();
    const { send } = await establish(client, on);
    await on.control(`POST ${faults}`, { dropHeartbeatAcks: true, dropPackets: true, refuseWith: 4017 });
    send(soundFrame('a', 'Lost'));
    client.send(3, { t: 2, seq_ack: -1 });
    const refused = await on.connect();
    refused.send(0, on.credentials());
    expect(await refused.closed).toBe(4017);
    expect(client.frames.filter(({ op }) => op === 6)).toHaveLength(1);
    await on.control(`DELETE ${faults}`);
    send(soundFrame('b', 'Heard'));
    await expect.poll(() => on.heard()?.tracks).toMatchObject([{ title: 'Heard', packets: 1 }]);
    expect((await on.control(`POST ${faults}`, { dropsEverything: true })).status).toBe(400);
  });

  test('shows what was heard and clears it', async () => {
    await using on = await stage();
    const heard = `/sandbox/guilds/${on.harness.hall.id}/heard`;
    const { send } = await establish(await on.connect(), on);
    send(soundFrame('a', 'First'));
    await expect.poll(() => on.heard()?.packets).toBe(1);
    const { json } = await on.control(`GET ${heard}`);
    expect(json).toMatchObject({ bots: [{ userId: on.bot, tracks: [{ title: 'First', packets: 1 }] }] });
    expect(JSON.stringify(json)).not.toContain(on.credentials().token);
    await on.control(`DELETE ${heard}`);
    expect(on.heard()).toMatchObject({ packets: 0, tracks: [] });
    expect((await on.control('GET /sandbox/guilds/1/heard')).status).toBe(404);
  });

  test('sends bots the endpoint of its settings', async () => {
    await using harness = await startHarness({ voiceEndpoint: 'voice.example.net:2048' });
    const bot = harness.newApplication().botUserId;
    changeVoice(harness.world, harness.hall.id, bot, { channelId: harness.channel('Lounge'), sessionId: 'a-session' });
    expect(harness.world.voiceConnection(bot, harness.hall.id)?.endpoint).toBe('voice.example.net:2048');
  });

  test('sends bots another endpoint, and then its own again', async () => {
    await using on = await stage();
    const { world, hall, sandbox } = on.harness;
    const told = () => {
      assignVoiceServer(world, hall.id, on.bot);
      return world.voiceConnection(on.bot, hall.id)?.endpoint;
    };
    expect(told()).toBe(sandbox.voice.endpoint);
    await on.control('PUT /sandbox/voice-endpoint', { endpoint: 'voice.example.net:2048' });
    expect(told()).toBe('voice.example.net:2048');
    expect((await on.control('PUT /sandbox/voice-endpoint', { endpoint: 'no port' })).status).toBe(400);
    await on.control('PUT /sandbox/voice-endpoint', { endpoint: null });
    expect(told()).toBe(sandbox.voice.endpoint);
  });
});
