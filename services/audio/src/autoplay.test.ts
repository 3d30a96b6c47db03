import { afterEach, expect, test } from 'vitest';
import { audioRig, eventually, member, type AudioRig } from '../testing/audio-rig.ts';

const open: AudioRig[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig[Symbol.asyncDispose]();
});

async function playing(link: string, options?: Parameters<typeof audioRig>[0]): Promise<AudioRig> {
  const rig = await audioRig(options);
  open.push(rig);
  await rig.audio.commands.enqueue(rig.guildKey, member(), link);
  await eventually(async () => (await rig.audio.commands.read(rig.guildKey)).state).toBe('playing');
  return rig;
}

const autoplay = ({ audio, guildKey }: AudioRig, on?: boolean) =>
  audio.commands.operate(guildKey, member(), 'autoplay', on === undefined ? undefined : { on });
const skip = ({ audio, guildKey }: AudioRig) => audio.commands.skip(guildKey, member());
const read = ({ audio, guildKey }: AudioRig) => audio.commands.read(guildKey);

test.each([
  ['a mix of YouTube', 'https://www.youtube.com/watch?v=blue-corner', 'youtube'],
  ["Spotify's recommendations", 'https://open.spotify.com/track/blue-corner', 'spotify'],
])('goes on with %s, track after track, and repeats none', async (_name, link, source) => {
  const rig = await playing(link);
  expect((await autoplay(rig)).player.autoplay).toBe(true);
  const titles = ['Blue Corner'];
  for (let count = 0; count < 3; count += 1) {
    await skip(rig);
    await eventually(async () => (await read(rig)).state).toBe('playing');
    const { current } = await read(rig);
    expect(current).toMatchObject({ source, requestedBy: null, automatic: true });
    titles.push(current?.title ?? '');
  }
  // The rest of the genre comes first.
  expect(titles.slice(0, 3)).toEqual(['Blue Corner', 'Walking Past Midnight', 'Five for Clara']);
  expect(new Set(titles).size).toBe(titles.length);
});

test('where the node recommends nothing, more of the artist follows', async () => {
  const rig = await playing('https://music.sandbox.test/track/low-water');
  await autoplay(rig, true);
  await skip(rig);
  await eventually(async () => (await read(rig)).current?.author).toBe('Ada and the Tides');
  expect((await read(rig)).current?.title).not.toBe('Low Water');
});

test('starts at once where the music is over, and ends with /stop', async () => {
  const rig = await playing('https://music.sandbox.test/track/low-water');
  await skip(rig);
  expect((await read(rig)).current).toBeNull();
  await autoplay(rig, true);
  await eventually(async () => (await read(rig)).state).toBe('playing');
  const stopped = await rig.audio.commands.stop(rig.guildKey, member());
  expect(stopped).toMatchObject({ current: null, autoplay: false });
  await expect(autoplay(rig, true)).rejects.toMatchObject({ code: 'player.not-in-voice' });
  expect((await read(rig)).current).toBeNull();
});

test('what a member asks for comes before it', async () => {
  const rig = await playing('https://music.sandbox.test/track/low-water');
  await autoplay(rig, true);
  await rig.audio.commands.enqueue(rig.guildKey, member(), 'https://music.sandbox.test/track/golden-hour');
  await skip(rig);
  expect((await read(rig)).current).toMatchObject({ title: 'Golden Hour' });
});

test('says so if nothing fits, and waits for members then', async () => {
  const rig = await playing('https://music.sandbox.test/files/nothing.mp3');
  const rules = { ...member(), obligations: { sources: ['http'] } };
  await rig.audio.commands.operate(rig.guildKey, rules, 'autoplay', { on: true });
  await skip(rig);
  await eventually(async () => (await read(rig)).why?.code).toBe('autoplay-nothing');
  expect(await read(rig)).toMatchObject({ state: 'idle', current: null, autoplay: true });
  await rig.audio.commands.enqueue(rig.guildKey, member(), 'https://music.sandbox.test/track/golden-hour');
  await eventually(async () => (await read(rig)).state).toBe('playing');
  expect((await read(rig)).why).toBeNull();
});
