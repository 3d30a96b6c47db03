import { afterEach, expect, test } from 'vitest';
import { audioRig, eventually, member, type AudioRig } from '../testing/audio-rig.ts';

const open: AudioRig[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig[Symbol.asyncDispose]();
});

const track = (slug: string) => `https://music.sandbox.test/track/${slug}`;

/** Plays a track at nodes that lack what is named. */
async function playing(slug: string, lacks: Readonly<Record<string, readonly string[]>> = { main: [] }) {
  const made = await audioRig({ nodes: Object.keys(lacks) });
  open.push(made);
  for (const [id, names] of Object.entries(lacks)) await made.nodes.get(id)?.control.fault({ lacks: [...names] });
  await made.audio.commands.enqueue(made.guildKey, member(), track(slug));
  await eventually(async () => {
    const facts = (await made.health.report()).facts['lavalink'] as readonly { readonly info: unknown }[];
    return facts.map(({ info }) => info);
  }).not.toContain(null);
  const node = Object.keys(lacks).find((id) => made.playing(id)?.title) ?? '';
  await eventually(() => made.playing(node)?.connected).toBe(true);
  await eventually(() => made.seen.map((event) => event.kind === 'player' && event.cause)).toContain('track-start');
  const asked: string[] = [];
  made.faults.refuse = ({ path }) => void (path.includes('lyrics') && asked.push(path));
  return { ...made, audio: made.audio, asked };
}

test('has the lines with their times, and where the music is', async () => {
  const { audio, guildKey, clock, asked } = await playing('harbour-lights');
  clock.advance(20_000);
  const lyrics = await audio.commands.lyrics(guildKey);
  expect(lyrics).toMatchObject({ track: { title: 'Harbour Lights' }, provider: 'Sandbox', positionMs: 20_000 });
  expect(lyrics.lines.slice(0, 2)).toEqual([
    { atMs: 4_000, text: 'We sang of Harbour Lights until the morning' },
    { atMs: 9_000, text: 'and nobody asked us to stop' },
  ]);
  expect(asked).toEqual([expect.stringMatching(/\/sessions\/[^/]+\/players\/\d+\/track\/lyrics\?/)]);
});

test('has the text alone where the source knows no times', async () => {
  const { audio, guildKey } = await playing('low-water');
  const { lines } = await audio.commands.lyrics(guildKey);
  expect(lines[0]).toEqual({ atMs: null, text: 'We sang of Low Water until the morning' });
});

test('asks another node if that which plays has no plugin for it', async () => {
  const { audio, guildKey, asked } = await playing('harbour-lights', { first: ['lavalyrics-plugin'], second: [] });
  expect((await audio.commands.lyrics(guildKey)).lines[0]?.text).toContain('Harbour Lights');
  expect(asked).toEqual([expect.stringMatching(/^\/v4\/lyrics\?track=/)]);
});

test('says that no node has a plugin for it, and asks none', async () => {
  const { audio, guildKey, asked } = await playing('harbour-lights', { main: ['lavalyrics-plugin'] });
  await expect(audio.commands.lyrics(guildKey)).rejects.toMatchObject({ code: 'player.lyrics-missing' });
  expect(asked).toEqual([]);
});

test('says that an instrumental track has none', async () => {
  const { audio, guildKey } = await playing('weather-systems');
  await expect(audio.commands.lyrics(guildKey)).rejects.toMatchObject({ code: 'player.no-lyrics' });
});

test('says that nothing plays', async () => {
  const { audio, guildKey } = await playing('harbour-lights');
  await audio.commands.stop(guildKey, member());
  await expect(audio.commands.lyrics(guildKey)).rejects.toMatchObject({ code: 'player.nothing-plays' });
});

test('takes an answer that is not about lyrics for none', async () => {
  const { audio, guildKey, node } = await playing('harbour-lights');
  const restAnswer = { status: 200, contentType: 'application/json', body: '{"lines":"?"}', path: 'lyrics' };
  await node.control.fault({ restAnswer });
  await expect(audio.commands.lyrics(guildKey)).rejects.toMatchObject({ code: 'player.no-lyrics' });
});

test('does not take a node that has lost the player for a track without lyrics', async () => {
  const { audio, guildKey, node } = await playing('harbour-lights');
  const restAnswer = { status: 404, contentType: 'application/json', body: '{"status":404}', path: 'lyrics' };
  await node.control.fault({ restAnswer });
  await expect(audio.commands.lyrics(guildKey)).rejects.toMatchObject({ code: 'player.node-unavailable' });
});
