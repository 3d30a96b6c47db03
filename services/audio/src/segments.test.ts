import { afterEach, expect, test } from 'vitest';
import { audioRig, eventually, member, text, type AudioRig } from '../testing/audio-rig.ts';

const open: AudioRig[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig[Symbol.asyncDispose]();
});

const track = (slug: string) => `https://music.sandbox.test/track/${slug}`;

async function rig(lacks: string[] = []): Promise<AudioRig & { readonly ordered: readonly string[] }> {
  const made = await audioRig();
  open.push(made);
  await made.node.control.fault({ lacks });
  const ordered: string[] = [];
  made.faults.refuse = ({ method, path }) => void (path.includes('sponsorblock') && ordered.push(method));
  return Object.assign(made, { ordered });
}

const change = (made: AudioRig, segments: 'off' | 'sponsors' | 'all') =>
  made.audio.settings.change(made.guildKey, text, { segments });

async function playing(made: AudioRig, slug: string): Promise<void> {
  await made.audio.commands.enqueue(made.guildKey, member(), track(slug));
  await eventually(() => made.playing()?.connected).toBe(true);
  await eventually(() => made.seen.map((event) => event.kind === 'player' && event.cause)).toContain('track-start');
}

const positionIn = async (made: AudioRig) => (await made.audio.commands.read(made.guildKey)).positionMs;

test('leaves out the advertising of a video, and knows where the music goes on', async () => {
  const made = await rig();
  await change(made, 'sponsors');
  await playing(made, 'harbour-lights');
  made.clock.advance(21_000);
  expect(made.playing()?.positionMs).toBe(31_000);
  await eventually(() => positionIn(made)).toBe(31_000);
  made.clock.advance(1_000);
  expect(await positionIn(made)).toBe(32_000);
});

test('leaves out whatever is no music, for the tracks after it too', async () => {
  const made = await rig();
  await change(made, 'all');
  await playing(made, 'harbour-lights');
  await eventually(() => {
    made.clock.advance(10);
    return made.playing()?.positionMs;
  }).toBeGreaterThanOrEqual(3_000);
  await made.audio.commands.enqueue(made.guildKey, member(), track('golden-hour'));
  await made.audio.commands.skip(made.guildKey, member());
  await eventually(() => made.playing()?.title).toBe('Golden Hour');
  await eventually(() => {
    made.clock.advance(10);
    return made.playing()?.positionMs;
  }).toBeGreaterThanOrEqual(3_000);
});

test('leaves nothing out by default, and asks the node for nothing', async () => {
  const made = await rig();
  await playing(made, 'harbour-lights');
  made.clock.advance(25_000);
  expect(made.playing()?.positionMs).toBe(25_000);
  expect(made.ordered).toEqual([]);
});

test('a change counts for the track that plays', async () => {
  const made = await rig();
  await playing(made, 'harbour-lights');
  await change(made, 'sponsors');
  await eventually(() => made.playing()?.leavesOut.length).toBeGreaterThan(0);
  await change(made, 'off');
  await eventually(() => made.playing()?.leavesOut).toEqual([]);
  expect(made.ordered).toEqual(['PUT', 'DELETE']);
  made.clock.advance(25_000);
  expect(made.playing()?.positionMs).toBe(25_000);
});

test('a node without the plugin plays everything, and is asked for nothing', async () => {
  const made = await rig(['sponsorblock-plugin']);
  await change(made, 'all');
  await playing(made, 'harbour-lights');
  made.clock.advance(25_000);
  expect(made.playing()?.positionMs).toBe(25_000);
  expect(made.ordered).toEqual([]);
});

test('nothing is chosen that no node can leave out; what was chosen before stays, and can be switched off', async () => {
  const made = await rig(['sponsorblock-plugin']);
  await change(made, 'sponsors');
  await playing(made, 'harbour-lights');
  await expect(change(made, 'all')).rejects.toMatchObject({ code: 'settings.segments-missing', status: 422 });
  const { settings } = await made.audio.settings.read(made.guildKey);
  expect(settings.skipSegments).toBe('sponsors');
  const next = { ...settings, volume: 30 };
  expect(await made.audio.settings.replace(made.guildKey, next, null)).toMatchObject({ settings: next });
  const more = { ...next, skipSegments: 'all' } as const;
  await expect(made.audio.settings.replace(made.guildKey, more, null)).rejects.toMatchObject({
    code: 'settings.segments-missing',
  });
  expect((await change(made, 'off')).settings.skipSegments).toBe('off');
});

test('the music plays although the node fails to leave something out', async () => {
  const made = await rig();
  await change(made, 'sponsors');
  made.faults.refuse = ({ path }) => (path.includes('sponsorblock') ? 500 : undefined);
  await playing(made, 'harbour-lights');
  made.clock.advance(25_000);
  expect(made.playing()?.positionMs).toBe(25_000);
});
