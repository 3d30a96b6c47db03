import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  loadResult,
  message as messageSchema,
  parse,
  player as playerSchema,
  info as infoSchema,
} from 'lavalink-protocol';
import { ManualClock } from '../clock.ts';
import { startLavalink } from './index.ts';
import type { KnownVoice, LavalinkServer } from './index.ts';
import { encodeTrack } from './encoded-track.ts';
import type { LoadResult, Message, PlayerBody, Track, TrackInfo } from './protocol.ts';

const password = 'open-sesame-node';
const guild = '100000000000000001';
const bot = '200000000000000002';
const voice = { token: 'tok', endpoint: 'voice.sandbox.test', sessionId: 'sess', channelId: '300000000000000003' };

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

interface Client {
  readonly messages: Message[];
  readonly socket: WebSocket;
  readonly resumedHeader: string | undefined;
  sessionId(): string;
  events(): string[];
}

async function node(options: { known?: () => KnownVoice | undefined } = {}) {
  const clock = new ManualClock();
  const server = await startLavalink({ password, clock, ...(options.known ? { voice: options.known } : {}) });
  open.push(server);
  return { clock, server };
}

async function connect(server: LavalinkServer, headers: Record<string, string> = {}): Promise<Client> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/v4/websocket`, {
    headers: { Authorization: password, 'User-Id': bot, 'Client-Name': 'test/1.0.0', ...headers },
  });
  const messages: Message[] = [];
  let resumedHeader: string | undefined;
  socket.on('message', (data: Buffer) => {
    const parsed = JSON.parse(data.toString()) as Message;
    parse(messageSchema, parsed);
    messages.push(parsed);
  });
  socket.on('upgrade', (response) => {
    resumedHeader = response.headers['session-resumed'] as string;
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  open.push({ [Symbol.asyncDispose]: async () => socket.terminate() });
  await expect.poll(() => messages.length).toBeGreaterThan(0);
  return {
    messages,
    socket,
    resumedHeader,
    sessionId: () => (messages[0] as { sessionId: string }).sessionId,
    events: () => messages.flatMap((one) => (one.op === 'event' ? [nameOf(one)] : [])),
  };
}

function nameOf(event: Extract<Message, { op: 'event' }>): string {
  if (event.type === 'TrackEndEvent') return `${event.type}:${event.reason}`;
  if (event.type === 'WebSocketClosedEvent') return `${event.type}:${event.code}`;
  return event.type;
}

async function call(
  server: LavalinkServer,
  method: string,
  path: string,
  body?: unknown,
  auth: string | null = password,
) {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method,
    headers: { ...(auth === null ? {} : { Authorization: auth }), 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : undefined,
  };
}

async function load(server: LavalinkServer, identifier: string): Promise<LoadResult> {
  const { json } = await call(server, 'GET', `/v4/loadtracks?identifier=${encodeURIComponent(identifier)}`);
  parse(loadResult, json);
  return json as LoadResult;
}

async function bell(server: LavalinkServer, slug = 'ten-second-bell'): Promise<Track> {
  const result = await load(server, `https://music.sandbox.test/track/${slug}`);
  if (result.loadType !== 'track') throw new Error(`unexpected ${result.loadType}`);
  return result.data;
}

async function patch(server: LavalinkServer, client: Client, body: unknown, query = ''): Promise<PlayerBody> {
  const { status, json } = await call(
    server,
    'PATCH',
    `/v4/sessions/${client.sessionId()}/players/${guild}${query}`,
    body,
  );
  expect(status).toBe(200);
  parse(playerSchema, json);
  return json as PlayerBody;
}

async function read(server: LavalinkServer, client: Client): Promise<PlayerBody> {
  const { json } = await call(server, 'GET', `/v4/sessions/${client.sessionId()}/players/${guild}`);
  parse(playerSchema, json);
  return json as PlayerBody;
}

/** A playing player, the first step of most tests. */
async function playing(slug?: string) {
  const { clock, server } = await node();
  const client = await connect(server);
  const track = await bell(server, slug);
  await patch(server, client, { voice, track: { encoded: track.encoded, userData: { requester: 'max' } } });
  await expect.poll(() => client.events()).toEqual(['TrackStartEvent']);
  return { clock, server, client, track };
}

test('requires the password: 401 without one, 403 for a wrong one, on REST; 401 for both on the WebSocket', async () => {
  const { server } = await node();
  expect((await call(server, 'GET', '/v4/info', undefined, null)).status).toBe(401);
  expect((await call(server, 'GET', '/v4/info', undefined, 'open-sesame-nodf')).status).toBe(403);
  const right = await call(server, 'GET', '/v4/info');
  expect(right.status).toBe(200);
  expect(right.headers.get('lavalink-api-version')).toBe('4');
  parse(infoSchema, right.json);
  expect((await call(server, 'GET', '/version')).text).toBe('4.2.2');
  await expect(connect(server, { Authorization: 'no' })).rejects.toThrow('401');
  await expect(connect(server, { 'User-Id': 'max' })).rejects.toThrow('400');
});

test('loads each kind of result, and the same search always finds the same', async () => {
  const { server } = await node();
  expect((await load(server, 'ytsearch:harbour lights')).loadType).toBe('search');
  expect(await load(server, 'ytsearch:something nobody wrote')).toEqual(
    await load(server, 'ytsearch:something nobody wrote'),
  );
  expect((await load(server, 'https://music.sandbox.test/playlist/short-bells')).loadType).toBe('playlist');
  expect((await load(server, 'https://music.sandbox.test/track/no-such-song')).loadType).toBe('empty');
  expect(await load(server, 'https://elsewhere.example/a.mp3')).toMatchObject({
    loadType: 'error',
    data: { severity: 'suspicious' },
  });
  expect(await load(server, 'ytsearch:error:fault:broken')).toMatchObject({
    loadType: 'error',
    data: { severity: 'fault', message: 'broken' },
  });
  expect((await load(server, 'ytsearch:nothing')).loadType).toBe('empty');
  expect((await load(server, 'harbour lights')).loadType).toBe('empty');
});

test('decodes what it encoded and refuses anything else', async () => {
  const { server } = await node();
  const track = await bell(server);
  const decoded = await call(server, 'GET', `/v4/decodetrack?encodedTrack=${encodeURIComponent(track.encoded)}`);
  expect(decoded.json).toEqual(track);
  expect((await call(server, 'POST', '/v4/decodetracks', [track.encoded, track.encoded])).json).toEqual([track, track]);
  expect((await call(server, 'GET', '/v4/decodetrack?encodedTrack=QUJD')).status).toBe(400);
  const cut = Buffer.from(track.encoded, 'base64').subarray(0, 40).toString('base64');
  expect((await call(server, 'POST', '/v4/decodetracks', [cut])).json).toMatchObject({
    status: 400,
    error: 'Bad Request',
  });
});

test('answers unknown sessions, players and paths as Lavalink does', async () => {
  const { server } = await node();
  const client = await connect(server);
  expect((await call(server, 'GET', '/v4/sessions/unknown/players')).json).toMatchObject({
    message: 'Session not found',
  });
  expect((await call(server, 'GET', `/v4/sessions/${client.sessionId()}/players/${guild}`)).json).toMatchObject({
    message: 'Player not found',
  });
  expect((await call(server, 'PATCH', `/v4/sessions/${client.sessionId()}/players/not-a-number`, {})).status).toBe(400);
  expect((await call(server, 'GET', '/v3/info')).status).toBe(404);
  expect((await call(server, 'POST', '/v4/info', {})).status).toBe(405);
});

test('refuses contradictory updates and leaves no player behind', async () => {
  const { server } = await node();
  const client = await connect(server);
  const path = `/v4/sessions/${client.sessionId()}/players/${guild}`;
  for (const body of [
    { track: { encoded: 'a' }, encodedTrack: 'a' },
    { track: { encoded: 'a', identifier: 'b' } },
    { endTime: 0 },
    { voice: { ...voice, token: '' } },
    { voice: { token: 'a', endpoint: 'b', sessionId: 'c' } },
    { paused: 'yes' },
  ]) {
    expect((await call(server, 'PATCH', path, body)).status, JSON.stringify(body)).toBe(400);
  }
  expect((await call(server, 'GET', `/v4/sessions/${client.sessionId()}/players`)).json).toEqual([]);
});

test('plays by the clock: position, updates every five seconds, and the end at the end', async () => {
  const { clock, server, client } = await playing();
  clock.advance(4_000);
  expect((await read(server, client)).state.position).toBe(4_000);
  const before = client.messages.filter((one) => one.op === 'playerUpdate').length;
  clock.advance(1_000);
  await expect.poll(() => client.messages.filter((one) => one.op === 'playerUpdate').length).toBe(before + 1);
  clock.advance(4_999);
  expect(client.events()).toEqual(['TrackStartEvent']);
  clock.advance(1);
  await expect.poll(() => client.events()).toEqual(['TrackStartEvent', 'TrackEndEvent:finished']);
  const ended = client.messages.find((one) => one.op === 'event' && one.type === 'TrackEndEvent');
  expect(ended).toMatchObject({ track: { userData: { requester: 'max' }, info: { position: 10_000 } } });
  expect((await read(server, client)).track).toBeNull();
});

test('stands still while paused, jumps on a seek, and runs faster with a timescale filter', async () => {
  const { clock, server, client } = await playing('forty-second-loop');
  await patch(server, client, { paused: true });
  clock.advance(20_000);
  expect((await read(server, client)).state.position).toBe(0);
  await patch(server, client, { paused: false, position: 15_000 });
  clock.advance(1_000);
  expect((await read(server, client)).state.position).toBe(16_000);
  await patch(server, client, { filters: { timescale: { speed: 2 } }, volume: 5_000 });
  clock.advance(2_000);
  const player = await read(server, client);
  expect(player.state.position).toBe(20_000);
  expect(player.volume).toBe(1000);
  clock.advance(10_000);
  await expect.poll(() => client.events().at(-1)).toBe('TrackEndEvent:finished');
});

test('replaces a track unless noReplace is set, stops it for null, and stops at endTime', async () => {
  const { clock, server, client } = await playing();
  const other = await bell(server, 'twelve-second-bell');
  expect((await patch(server, client, { encodedTrack: other.encoded }, '?noReplace=true')).track?.info.title).toBe(
    'Ten Second Bell',
  );
  await patch(server, client, { track: { identifier: other.info.uri }, endTime: 5_000 });
  await expect.poll(() => client.events()).toEqual(['TrackStartEvent', 'TrackEndEvent:replaced', 'TrackStartEvent']);
  clock.advance(5_000);
  await expect.poll(() => client.events().at(-1)).toBe('TrackEndEvent:stopped');
  await patch(server, client, { encodedTrack: other.encoded });
  await patch(server, client, { track: { encoded: null } });
  await expect.poll(() => client.events().slice(-2)).toEqual(['TrackStartEvent', 'TrackEndEvent:stopped']);
  expect(
    (
      await call(server, 'PATCH', `/v4/sessions/${client.sessionId()}/players/${guild}`, {
        identifier: 'ytsearch:bell',
      })
    ).status,
  ).toBe(400);
});

test('ends a track, makes it fail and makes it stuck on request', async () => {
  const { clock, server, client, track } = await playing('forty-second-loop');
  expect(server.control.end(guild)).toBe(1);
  await patch(server, client, { encodedTrack: track.encoded });
  server.control.fail(guild, bot, { message: 'gone', severity: 'suspicious' });
  await patch(server, client, { encodedTrack: track.encoded });
  server.control.stick(guild);
  clock.advance(10_000);
  await expect
    .poll(() => client.events())
    .toEqual([
      'TrackStartEvent',
      'TrackEndEvent:finished',
      'TrackStartEvent',
      'TrackExceptionEvent',
      'TrackEndEvent:loadFailed',
      'TrackStartEvent',
      'TrackStuckEvent',
    ]);
  expect((await read(server, client)).state.position).toBe(0);
  expect(server.control.end(guild, 'somebody else')).toBe(0);
});

test('closes a voice connection that Discord does not know with 4006, and one that Discord ended with 4014', async () => {
  let known: KnownVoice | undefined = { ...voice, token: 'another' };
  const { clock, server } = await node({ known: () => known });
  const client = await connect(server);
  await patch(server, client, { voice, track: { encoded: (await bell(server)).encoded } });
  await expect.poll(() => client.events()).toContain('WebSocketClosedEvent:4006');
  clock.advance(3_000);
  expect((await read(server, client)).state).toMatchObject({ connected: false, position: 0, ping: -1 });
  known = voice;
  await patch(server, client, { voice });
  clock.advance(3_000);
  expect((await read(server, client)).state).toMatchObject({ connected: true, position: 3_000 });
  known = undefined;
  server.control.voiceChanged(bot, guild);
  await expect.poll(() => client.events()).toContain('WebSocketClosedEvent:4014');
  clock.advance(60_000);
  await expect.poll(() => client.events().at(-1)).toBe('TrackEndEvent:cleanup');
});

test('reports the end of a voice connection that other credentials replace, and not of one that is the same', async () => {
  const { server, client } = await playing();
  await patch(server, client, { voice });
  await patch(server, client, { voice: { ...voice, token: 'another' } });
  expect((await read(server, client)).state.connected).toBe(true);
  await expect.poll(() => client.events()).toEqual(['TrackStartEvent', 'WebSocketClosedEvent:1000']);
});

test('keeps a resumable session, and replays what its client missed', async () => {
  const { clock, server, client } = await playing();
  await call(server, 'PATCH', `/v4/sessions/${client.sessionId()}`, { resuming: true, timeout: 30 });
  client.socket.terminate();
  await expect.poll(() => server.control.view().sessions[0]?.attached).toBe(false);
  expect((await call(server, 'GET', `/v4/sessions/${client.sessionId()}/players`)).status).toBe(404);
  clock.advance(10_000);
  const back = await connect(server, { 'Session-Id': client.sessionId() });
  await expect.poll(() => back.events()).toEqual(['TrackEndEvent:finished']);
  expect(back.messages[0]).toEqual({ op: 'ready', resumed: true, sessionId: client.sessionId() });
  expect(back.resumedHeader).toBe('true');
  back.socket.terminate();
  await expect.poll(() => server.control.view().sessions[0]?.attached).toBe(false);
  clock.advance(30_000);
  const late = await connect(server, { 'Session-Id': client.sessionId() });
  expect(late.messages[0]).toMatchObject({ resumed: false });
  expect(server.control.view().players).toEqual([]);
});

test('ends a session that is not resumable with its socket', async () => {
  const { server, client } = await playing();
  client.socket.terminate();
  await expect.poll(() => server.control.view().sessions).toEqual([]);
});

test('fails as requested: 5xx a number of times, slowly, dead and alive again, restarted', async () => {
  const { clock, server, client } = await playing();
  await server.control.fault({ restStatus: 503, restTimes: 2 });
  expect((await call(server, 'GET', '/version')).status).toBe(503);
  expect((await call(server, 'GET', '/version')).status).toBe(503);
  expect((await call(server, 'GET', '/version')).status).toBe(200);

  await server.control.fault({ slowMs: 2_000 });
  const earliest = clock.now() + 2_000;
  const slow = call(server, 'GET', '/version').then(() => clock.now());
  const turnAndLook = () => {
    clock.advance(100);
    return Promise.race([slow, 0]);
  };
  await expect.poll(turnAndLook, { interval: 5 }).toBeGreaterThanOrEqual(earliest);
  await server.control.fault({ slowMs: 0 });

  await call(server, 'PATCH', `/v4/sessions/${client.sessionId()}`, { resuming: true, timeout: 60 });
  await server.control.fault({ dead: true });
  await expect(call(server, 'GET', '/version')).rejects.toThrow();
  await server.control.fault({ dead: false });
  const back = await connect(server, { 'Session-Id': client.sessionId() });
  expect(back.messages[0]).toMatchObject({ resumed: true });
  await server.control.fault({ restart: true });
  await expect.poll(() => back.socket.readyState).toBe(WebSocket.CLOSED);
  expect(server.control.view()).toMatchObject({ players: [], sessions: [] });
});

test('leaves requests unanswered while its socket works, carried out or not, and answers like a proxy in front of it', async () => {
  const { server, client } = await playing();
  const path = `/v4/sessions/${client.sessionId()}/players/${guild}`;
  for (const [restSilent, paused] of [
    ['lost', false],
    ['done', true],
  ] as const) {
    await server.control.fault({ restSilent });
    const unanswered = expect(call(server, 'PATCH', path, { paused: true })).rejects.toThrow();
    await expect.poll(() => server.control.view().faults.unanswered).toBe(1);
    await expect.poll(() => server.control.view().players[0]?.paused).toBe(paused);
    await server.control.fault({ restSilent: null });
    await unanswered;
  }
  await server.control.fault({
    restAnswer: { status: 200, contentType: 'text/html', body: '<p>Sign in', path: 'players' },
  });
  expect(await call(server, 'GET', path)).toMatchObject({ status: 200, text: '<p>Sign in' });
  expect((await call(server, 'GET', '/version')).status).toBe(200);
  await server.control.fault({ restAnswer: null, refusesPassword: true });
  expect((await call(server, 'GET', '/version')).status).toBe(403);
  await expect(connect(server)).rejects.toThrow('401');
  await server.control.fault({ refusesPassword: false });
});

test('loses a voice connection with a code or silently, and refuses new ones', async () => {
  const { server, client } = await playing();
  const patch = () => call(server, 'PATCH', `/v4/sessions/${client.sessionId()}/players/${guild}`, { voice });
  server.control.closeVoice(guild, bot, { code: 4014 });
  await expect.poll(() => client.events().at(-1)).toBe('WebSocketClosedEvent:4014');
  expect((await read(server, client)).state.connected).toBe(false);
  await patch();
  expect((await read(server, client)).state.connected).toBe(true);
  server.control.closeVoice(guild, bot);
  expect((await read(server, client)).state.connected).toBe(false);
  await server.control.fault({ voiceRefusal: 4006 });
  await patch();
  await expect.poll(() => client.events().at(-1)).toBe('WebSocketClosedEvent:4006');
});

test('describes a file and a stream as lavaplayer does, with every digit, and plays them', async () => {
  const { clock, server, client } = await playing();
  const find = (path: string) => load(server, `https://music.sandbox.test${path}`);
  const file = await find('/files/demo%20tape.mp3');
  expect(file).toMatchObject({ loadType: 'track', data: { info: { title: 'Unknown title', isStream: false } } });
  expect(await find('/radio/one')).toMatchObject({ data: { info: { isStream: true } } });
  if (file.loadType !== 'track') throw new Error('a file is a track');
  const path = `/v4/sessions/${client.sessionId()}/players/${guild}`;
  const answer = await call(server, 'PATCH', path, { track: { encoded: file.data.encoded } });
  expect(answer.text).toContain('"length":9223372036854775807,');
  clock.advance(3_600_000);
  expect((await read(server, client)).state.position).toBe(3_600_000);
});

test('keeps every digit of data that a client attaches, and accepts Java’s Longs as times', async () => {
  const { server, client } = await playing();
  const path = `/v4/sessions/${client.sessionId()}/players/${guild}`;
  const file = await load(server, 'https://music.sandbox.test/files/demo.mp3');
  if (file.loadType !== 'track') throw new Error('a file is a track');
  const userData = '{"requester":123456789012345678,"note":":9223372036854776000"}';
  const track = `{"encoded":${JSON.stringify(file.data.encoded)},"userData":${userData}}`;
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method: 'PATCH',
    headers: { authorization: password, 'content-type': 'application/json' },
    body: `{"track":${track},"position":0,"endTime":9223372036854775807}`,
  });
  expect(answer.status).toBe(200);
  const text = await answer.text();
  expect(text).toContain(`"userData":${userData}`);
  expect(text).toContain('"length":9223372036854775807,');
});

test('plays a track of more than 2^31 ms to its end, and keeps a session for longer than that', async () => {
  const { clock, server, client } = await playing();
  const path = `/v4/sessions/${client.sessionId()}`;
  const lengthMs = 2 ** 31 + 5_000;
  const info = {
    ...(await read(server, client)).track?.info,
    title: 'Long',
    length: lengthMs,
    position: 0,
  } as TrackInfo;
  const body = { track: { encoded: encodeTrack(info) }, position: lengthMs - 1_000 };
  await call(server, 'PATCH', `${path}/players/${guild}`, body);
  expect((await read(server, client)).state.position).toBe(lengthMs - 1_000);
  clock.advance(1_000);
  await expect.poll(() => client.events().at(-1)).toBe('TrackEndEvent:finished');
  const timeout = 2 ** 31;
  await call(server, 'PATCH', path, { resuming: true, timeout });
  client.socket.terminate();
  await expect.poll(() => server.control.view().sessions).toMatchObject([{ attached: false, timeoutSec: timeout }]);
  clock.advance(2 ** 31);
  expect(server.control.view().sessions).toHaveLength(1);
});

test('notifies a listener of each change', async () => {
  const { server, client } = await playing();
  const seen: string[] = [];
  const stop = server.control.onChange((change) => seen.push(change.what));
  server.control.end(guild);
  await call(server, 'DELETE', `/v4/sessions/${client.sessionId()}/players/${guild}`);
  stop();
  await server.control.fault({ slowMs: 0 });
  expect(seen).toEqual(['TrackEndEvent', 'destroyed']);
});
