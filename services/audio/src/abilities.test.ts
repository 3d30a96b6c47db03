import { afterEach, expect, test } from 'vitest';
import { audioRig, eventually, member, type AudioRig } from '../testing/audio-rig.ts';

const open: AudioRig[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig[Symbol.asyncDispose]();
});

/** Nodes that lack what is named, to which the tenant has connected. */
async function rig(lacks: Readonly<Record<string, readonly string[]>>): Promise<AudioRig> {
  const made = await audioRig({ nodes: Object.keys(lacks) });
  open.push(made);
  for (const [id, names] of Object.entries(lacks)) await made.nodes.get(id)?.control.fault({ lacks: [...names] });
  await made.audio.commands.enqueue(made.guildKey, member(), 'https://music.sandbox.test/track/harbour-lights');
  await eventually(() => infos(made)).not.toContain(null);
  return made;
}

const infos = async (made: AudioRig) => {
  const { facts: all } = await made.health.report();
  const nodes = all['lavalink'] as readonly { readonly info: unknown }[];
  return nodes.map(({ info }) => info);
};

const spotify = 'https://open.spotify.com/track/golden-hour';
const titles = async ({ audio, guildKey }: AudioRig) => {
  const { current, queue } = await audio.commands.read(guildKey);
  return [current, ...queue].map((track) => `${track?.title} (${track?.source})`);
};

test('reads what a node has when it connects, and shows it in its health', async () => {
  const made = await rig({ main: ['deezer', 'karaoke', 'lavasearch-plugin'] });
  const [info] = (await infos(made)) as { sources: string[]; filters: string[]; plugins: { name: string }[] }[];
  expect(info?.sources).toEqual(['youtube', 'soundcloud', 'bandcamp', 'twitch', 'http', 'spotify', 'applemusic']);
  expect(info?.filters).not.toContain('karaoke');
  expect(info?.plugins.map(({ name }) => name)).toContain('lavalyrics-plugin');
  expect(info?.plugins.map(({ name }) => name)).not.toContain('lavasearch-plugin');
});

test('plays a link of a service that the node has', async () => {
  const made = await rig({ main: [] });
  await made.audio.commands.enqueue(made.guildKey, member(), spotify);
  expect(await titles(made)).toEqual(['Harbour Lights (youtube)', 'Golden Hour (spotify)']);
});

test('refuses a link of a service that no node has, says what can be played, and asks no node', async () => {
  const made = await rig({ main: ['spotify', 'applemusic', 'deezer', 'bandcamp', 'twitch'] });
  const asked: string[] = [];
  made.faults.refuse = ({ path }) => void asked.push(path);
  await expect(made.audio.commands.enqueue(made.guildKey, member(), spotify)).rejects.toMatchObject({
    code: 'player.source-missing',
    message: 'I cannot play music from Spotify. Here I play: YouTube, SoundCloud.',
    params: { source: 'Spotify', sources: 'YouTube, SoundCloud' },
  });
  expect(asked.filter((path) => path.includes('loadtracks'))).toEqual([]);
  expect(await titles(made)).toEqual(['Harbour Lights (youtube)']);
  expect(await made.audio.commands.search(made.guildKey.tenant, spotify)).toEqual({ tracks: [] });
});

test('searches at another service if no node has the usual one', async () => {
  const made = await rig({ main: ['youtube'] });
  await made.audio.commands.enqueue(made.guildKey, member(), 'golden hour');
  expect((await titles(made)).at(-1)).toBe('Golden Hour (soundcloud)');
});

test('loads and plays a link at the node that has its source', async () => {
  const made = await rig({ first: ['spotify'], second: [] });
  await made.audio.commands.stop(made.guildKey, member());
  await made.audio.commands.enqueue(made.guildKey, member(), spotify);
  await eventually(() => made.playing('second')?.title).toBe('Golden Hour');
  expect(made.playing('first')?.title ?? null).toBeNull();
});

test('refuses a filter that no node has, and keeps what is on', async () => {
  const made = await rig({ main: ['karaoke'] });
  const { commands } = made.audio;
  await commands.operate(made.guildKey, member(), 'filter', { preset: 'nightcore' });
  await expect(commands.operate(made.guildKey, member(), 'filter', { preset: 'karaoke' })).rejects.toMatchObject({
    code: 'player.filter-missing',
  });
  expect((await commands.read(made.guildKey)).filterValues.presets).toEqual(['nightcore']);
  expect(made.playing()?.rate).toBe(1.2);
});

test('leaves out a filter that the node lacks on which the music continues, so that it does continue', async () => {
  const made = await rig({ first: [], second: ['karaoke'] });
  const { commands } = made.audio;
  const node = made.playing('first')?.title ? 'first' : 'second';
  expect(node).toBe('first');
  await commands.operate(made.guildKey, member(), 'filter', { preset: 'karaoke' });
  await commands.operate(made.guildKey, member(), 'filter', { preset: 'nightcore' });
  await made.nodes.get('first')?.control.fault({ dead: true });
  await eventually(() => {
    made.clock.advance(1_000);
    return made.playing('second');
  }).toMatchObject({ title: 'Harbour Lights', rate: 1.2 });
});
