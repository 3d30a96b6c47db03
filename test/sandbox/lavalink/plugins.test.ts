import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ManualClock } from '../clock.ts';
import { startLavalink } from './index.ts';

const password = 'open-sesame-plugins';
const guild = '100000000000000001';
const stack: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of stack.splice(0).toReversed()) await resource[Symbol.asyncDispose]();
});

async function node() {
  const clock = new ManualClock();
  const server = await startLavalink({ password, clock });
  stack.push(server);
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      method,
      headers: { authorization: password, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>) };
  };
  const load = async (identifier: string) =>
    (await call('GET', `/v4/loadtracks?identifier=${encodeURIComponent(identifier)}`)).body ?? {};
  return { clock, server, call, load };
}

/** A client with a session; the messages that it has received. */
async function client(port: number) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v4/websocket`, {
    headers: { Authorization: password, 'User-Id': '200000000000000002', 'Client-Name': 'test/1.0.0' },
  });
  stack.push({ [Symbol.asyncDispose]: async () => socket.terminate() });
  const messages: Record<string, unknown>[] = [];
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as Record<string, unknown>));
  await expect.poll(() => messages.length).toBeGreaterThan(0);
  const players = `/v4/sessions/${String(messages[0]?.['sessionId'])}/players/${guild}`;
  const segments = () => messages.filter(({ type }) => String(type).startsWith('Segment'));
  return { players, segments };
}

const voice = { token: 'tok', endpoint: 'voice.sandbox.test', sessionId: 'sess', channelId: '300000000000000003' };
const song = 'https://music.sandbox.test/track/harbour-lights';

describe('LavaSrc and youtube-source', () => {
  test.each([
    ['spsearch:golden hour', 'search', 'spotify'],
    ['amsearch:golden hour', 'search', 'applemusic'],
    ['dzsearch:golden hour', 'search', 'deezer'],
    ['bcsearch:golden hour', 'search', 'bandcamp'],
    ['https://open.spotify.com/track/golden-hour', 'track', 'spotify'],
    ['https://music.apple.com/gb/song/golden-hour', 'track', 'applemusic'],
    ['https://www.youtube.com/watch?v=golden-hour', 'track', 'youtube'],
    ['https://juno.bandcamp.com/track/golden-hour', 'track', 'bandcamp'],
  ])('%s gives a %s of %s', async (identifier, loadType, source) => {
    const { load } = await node();
    const { loadType: type, data } = await load(identifier);
    const [track] = [data].flat() as { info: { title: string; sourceName: string } }[];
    expect({ type, title: track?.info.title, source: track?.info.sourceName }).toEqual({
      type: loadType,
      title: 'Golden Hour',
      source,
    });
  });

  test('an album of a service is a playlist', async () => {
    const { load } = await node();
    const { loadType, data } = await load('https://www.deezer.com/en/album/low-water');
    const { tracks } = data as { tracks: { info: { sourceName: string } }[] };
    expect([loadType, tracks.length, tracks[0]?.info.sourceName]).toEqual(['playlist', 3, 'deezer']);
  });

  test('a source that is not there, or lacks its credentials, fails as it does at Lavalink', async () => {
    const { load, server } = await node();
    await server.control.fault({ lacks: ['spotify'], withoutCredentials: ['deezer'] });
    expect(await load('https://open.spotify.com/track/golden-hour')).toMatchObject({
      loadType: 'error',
      data: { message: 'Unknown file format.', severity: 'common' },
    });
    expect(await load('spsearch:golden hour')).toMatchObject({ loadType: 'empty' });
    expect(await load('dzsearch:golden hour')).toMatchObject({ loadType: 'error', data: { severity: 'suspicious' } });
  });
});

test('refuses filters that it does not have', async () => {
  const { server, call } = await node();
  await server.control.fault({ lacks: ['karaoke'] });
  const { players } = await client(server.port);
  expect(await call('PATCH', players, { filters: { karaoke: { level: 1 } } })).toMatchObject({
    status: 400,
    body: { message: 'Following filters are disabled in the config: karaoke' },
  });
  expect(await call('PATCH', players, { filters: { timescale: { speed: 1.2 } } })).toMatchObject({ status: 200 });
});

test('LavaSearch finds tracks, albums and artists, and nothing where it is not installed', async () => {
  const { server, call } = await node();
  const query = `query=${encodeURIComponent('dzsearch:golden hour')}`;
  const found = await call('GET', `/v4/loadsearch?${query}&types=track,album,artist`);
  expect(Object.keys(found.body ?? {}).toSorted()).toEqual(['albums', 'artists', 'plugin', 'tracks']);
  const { tracks, albums } = (found.body ?? {}) as { tracks: { info: object }[]; albums: object[] };
  expect(tracks[0]?.info).toMatchObject({ title: 'Golden Hour', sourceName: 'deezer' });
  expect(albums).toContainEqual({
    info: { name: 'Juno Okafor: Golden Hour', selectedTrack: -1 },
    pluginInfo: {},
    tracks: [],
  });
  expect(await call('GET', '/v4/loadsearch?query=dzsearch%3Anothing')).toMatchObject({ status: 204 });
  await server.control.fault({ lacks: ['lavasearch-plugin'] });
  expect(await call('GET', `/v4/loadsearch?${query}`)).toMatchObject({ status: 404 });
});

describe('LavaLyrics', () => {
  test('has the lyrics of what plays, and of an encoded track', async () => {
    const { server, call } = await node();
    const { players } = await client(server.port);
    expect(await call('GET', `${players}/track/lyrics`)).toMatchObject({ status: 404 });
    const played = await call('PATCH', players, { track: { identifier: song }, voice });
    const own = await call('GET', `${players}/track/lyrics?skipTrackSource=false`);
    expect(own).toMatchObject({ status: 200, body: { sourceName: 'youtube', provider: 'Sandbox', text: null } });
    const { encoded } = (played.body ?? {})['track'] as { encoded: string };
    expect(await call('GET', `/v4/lyrics?track=${encodeURIComponent(encoded)}`)).toEqual(own);
  });

  test('answers 204 for a song without words, and has no route where it is not installed', async () => {
    const { server, call } = await node();
    const { players } = await client(server.port);
    await call('PATCH', players, { track: { identifier: 'https://music.sandbox.test/track/weather-systems' }, voice });
    expect(await call('GET', `${players}/track/lyrics`)).toEqual({ status: 204, body: undefined });
    await server.control.fault({ lacks: ['lavalyrics-plugin'] });
    expect(await call('GET', `${players}/track/lyrics`)).toMatchObject({ status: 404 });
  });
});

describe('SponsorBlock', () => {
  test('skips segments of its categories when the music comes to them', async () => {
    const { server, call, clock } = await node();
    const { players, segments } = await client(server.port);
    const categories = `${players}/sponsorblock/categories`;
    expect(await call('PUT', categories, ['sponsor'])).toMatchObject({ status: 204 });
    expect((await call('GET', categories)).body).toEqual(['sponsor']);
    await call('PATCH', players, { track: { identifier: song }, voice });
    const segment = { category: 'sponsor', start: 21_000, end: 31_000 };
    await expect.poll(segments).toMatchObject([{ type: 'SegmentsLoaded', guildId: guild, segments: [segment] }]);
    clock.advance(21_000);
    await expect.poll(segments).toMatchObject([{}, { type: 'SegmentSkipped', segment }]);
    clock.advance(1_000);
    expect((await call('GET', players)).body).toMatchObject({ state: { position: 32_000 } });
  });

  test('skips nothing after its categories were deleted, and refuses unknown ones', async () => {
    const { server, call, clock } = await node();
    const { players } = await client(server.port);
    await call('PUT', `${players}/sponsorblock/categories`, ['sponsor']);
    await call('PATCH', players, { track: { identifier: song }, voice });
    expect(await call('DELETE', `${players}/sponsorblock/categories`)).toMatchObject({ status: 204 });
    clock.advance(25_000);
    expect((await call('GET', players)).body).toMatchObject({ state: { position: 25_000 } });
    expect(await call('PUT', `${players}/sponsorblock/categories`, ['music'])).toMatchObject({ status: 400 });
  });
});
