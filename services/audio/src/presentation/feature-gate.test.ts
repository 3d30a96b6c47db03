import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { snowflake } from '#infra/kernel/ids.ts';
import { createFeatureStore } from '#policies/feature-store.ts';
import type { Feature } from '#policies/features.ts';
import { service } from '#security/identity/spiffe.ts';
import { defaultSettings } from '#services/contracts/settings.ts';
import type { Tops } from '#services/contracts/statistics.ts';
import { auditRecord } from '#security/audit/record.ts';
import { audioRig, eventually, guild, member, text, type AudioRig } from '../../testing/audio-rig.ts';
import { guardedAudio, witnessed, type GuardedAudio } from '../../testing/guarded-audio.ts';

const stack = new AsyncDisposableStack();
let rig: AudioRig;
let audio: GuardedAudio;
let api: Database;

beforeAll(async () => {
  rig = stack.use(await audioRig());
  audio = stack.use(await guardedAudio(rig));
  api = stack.use(openDatabase({ url: rig.database.urlOf('api'), maxConnections: 1 }));
});
afterAll(() => stack.disposeAsync());

const base = (of = guild) => `/v1/tenants/${rig.guildKey.tenant}/guilds/${of}`;
const elsewhere = snowflake('100000000000000002');

/** As somebody does in the portal, for the whole tenant or for the guild alone. */
async function choose(feature: Feature, on: boolean | null, of: typeof guild | null = guild): Promise<void> {
  const { tenant } = rig.guildKey;
  const audit = auditRecord(
    { tenant, action: 'feature.write', kind: 'change', outcome: 'succeeded', actor: { type: 'operator', id: 'o' } },
    Date.now(),
  );
  await createFeatureStore(api).choose({ tenant, guild: of, feature, on, audit });
}

const help = async (of = guild) =>
  (await audio.call({ path: `${base(of)}/help`, grant: { action: 'help.read', guild: of, member: asked('help', of) } }))
    .body as { off: string[] };
const asked = (command: string, of = guild) => witnessed({ command, guild: of });
const filter = (of = guild) =>
  audio.call({
    method: 'POST',
    path: `${base(of)}/player/filter`,
    body: { preset: 'nightcore' },
    grant: { action: 'player.filter', guild: of, member: asked('filter', of) },
  });

test('a command without its feature is refused there, and said to be off, and nothing is done', async () => {
  await choose('effects', false);
  await eventually(() => help().then(({ off }) => off)).toEqual(['effects']);
  expect(await filter()).toMatchObject({
    status: 403,
    body: { code: 'feature.off', title: 'This has been switched off for this server.' },
  });
  // Not in the other server: what refuses there is that nothing plays.
  expect((await filter(elsewhere)).body).not.toMatchObject({ code: 'feature.off' });
  expect((await help(elsewhere)).off).toEqual([]);
  await choose('effects', null);
  await eventually(() => help().then(({ off }) => off)).toEqual([]);
  expect((await filter()).body).not.toMatchObject({ code: 'feature.off' });
});

test('what is off for the tenant is off in every server, unless it is on there', async () => {
  await choose('charts', false, null);
  await choose('charts', true, elsewhere);
  await eventually(() => help().then(({ off }) => off)).toEqual(['charts']);
  expect((await help(elsewhere)).off).toEqual([]);
  await choose('charts', null, null);
});

test('a command that needs no feature goes on', async () => {
  await choose('library', false);
  await eventually(() => help().then(({ off }) => off)).toContain('library');
  const read = await audio.call({ path: `${base()}/player`, grant: { action: 'player.read', member: asked('queue') } });
  expect(read.status).toBe(200);
});

test('without suggestions nothing is searched for while a member types, and people in the portal still search', async () => {
  const loads: string[] = [];
  rig.faults.refuse = ({ path }) => void (path.includes('loadtracks') && loads.push(path));
  const search = (grant: object) =>
    audio.call({ path: `${base()}/player/search?query=bell`, grant: { action: 'player.search', ...grant } });
  const someTracks = { tracks: expect.arrayContaining([expect.objectContaining({ title: 'Ten Second Bell' })]) };
  expect((await search({ member: asked('play') })).body).toEqual(someTracks);
  await choose('suggestions', false);
  await eventually(() => search({ member: asked('play') }).then(({ body }) => body)).toEqual({ tracks: [] });
  const before = loads.length;
  await search({ member: asked('play') });
  expect(loads).toHaveLength(before);
  expect((await search({ member: asked('search') })).body).toEqual(someTracks);
  const inPortal = { member: { kind: 'tenant-member', subject: 'discord:1' } };
  expect((await search(inPortal)).body).toEqual(someTracks);
});

test('nothing is left out of videos where that is off, whatever the setting', async () => {
  await rig.audio.settings.change(rig.guildKey, text, { segments: 'all' });
  const told: unknown[] = [];
  rig.faults.refuse = ({ method, path }) => void (path.includes('sponsorblock') && told.push(method));
  await choose('segments', false);
  await eventually(() => help().then(({ off }) => off)).toContain('segments');
  await rig.audio.commands.enqueue(rig.guildKey, member(), 'https://music.sandbox.test/track/harbour-lights');
  await eventually(() => rig.playing()?.connected).toBe(true);
  expect(told).not.toContain('PUT');
  const change = (segments: 'sponsors' | 'off') => rig.audio.settings.change(rig.guildKey, text, { segments });
  await expect(change('sponsors')).rejects.toMatchObject({ code: 'feature.off', status: 403 });
  expect((await rig.audio.settings.read(rig.guildKey)).settings.skipSegments).toBe('all');
  await choose('segments', null);
  await eventually(() => help().then(({ off }) => off)).not.toContain('segments');
  await rig.audio.commands.enqueue(rig.guildKey, member(), 'https://music.sandbox.test/track/golden-hour');
  await rig.audio.commands.skip(rig.guildKey, member());
  await eventually(() => told).toContain('PUT');
});

test('nothing follows by itself where autoplay is off, although members had chosen it', async () => {
  const { commands } = rig.audio;
  await commands.stop(rig.guildKey, member());
  await commands.enqueue(rig.guildKey, member(), 'https://music.sandbox.test/track/low-water');
  await eventually(async () => (await commands.read(rig.guildKey)).state).toBe('playing');
  await commands.operate(rig.guildKey, member(), 'autoplay', { on: true });
  await commands.skip(rig.guildKey, member());
  await eventually(async () => (await commands.read(rig.guildKey)).current?.automatic).toBe(true);
  await choose('autoplay', false);
  await eventually(() => help().then(({ off }) => off)).toContain('autoplay');
  const loads: string[] = [];
  rig.faults.refuse = ({ path }) => void (path.includes('loadtracks') && loads.push(path));
  await commands.skip(rig.guildKey, member());
  // A track by hand is looked up after whatever autoplay would have looked up.
  await commands.enqueue(rig.guildKey, member(), 'https://music.sandbox.test/track/weather-systems');
  expect(loads).toHaveLength(1);
  expect((await commands.read(rig.guildKey)).current).toMatchObject({
    title: 'Weather Systems',
    requestedBy: expect.any(String),
  });
});

test('a filter to start with is refused where effects are off, and not heard where it was set before', async () => {
  const { commands, settings } = rig.audio;
  const set = (startFilter: 'rock' | 'pop' | null) =>
    settings.replace(rig.guildKey, { ...defaultSettings, startFilter }, null);
  const starts = async () => {
    await commands.stop(rig.guildKey, member());
    const { player } = await commands.enqueue(rig.guildKey, member(), 'https://music.sandbox.test/track/night-shift');
    return player.filterValues.presets;
  };
  await set('rock');
  expect(await starts()).toEqual(['rock']);
  await choose('effects', false);
  await eventually(() => help().then(({ off }) => off)).toContain('effects');
  await expect(set('pop')).rejects.toMatchObject({ code: 'feature.off', status: 403 });
  expect(await starts()).toEqual([]);
  await set(null);
  await choose('effects', null);
});

test('an uploaded file is refused where these are off, and nothing is loaded', async () => {
  const loads: string[] = [];
  rig.faults.refuse = ({ path }) => void (path.includes('loadtracks') && loads.push(path));
  const file = 'https://cdn.discordapp.com/attachments/1/2/a.mp3?ex=7fffffff&is=1&hm=1';
  const play = () => rig.audio.commands.enqueue(rig.guildKey, member(), file);
  const keep = () => rig.audio.library.change(rig.guildKey, member(), 'favourite.add', { query: file });
  // The operator has not allowed them here, which comes after.
  await expect(play()).rejects.toMatchObject({ code: 'player.files-refused' });
  await choose('uploads', false);
  await eventually(() => help().then(({ off }) => off)).toContain('uploads');
  for (const refused of [play(), keep(), rig.audio.commands.pick(rig.guildKey, member(), [file])])
    await expect(refused).rejects.toMatchObject({ code: 'feature.off', status: 403 });
  expect(loads).toEqual([]);
  await choose('uploads', null);
});

test('what is played is in no day where these are off', async () => {
  const { commands } = rig.audio;
  const day = new Date(rig.clock.now()).toISOString().slice(0, 10);
  const path = `/v1/tenants/${rig.guildKey.tenant}/statistics/top?from=${day}&to=${day}`;
  const inPortal = { kind: 'tenant-member', subject: 'discord:1' } as const;
  const grant = { caller: service('api'), action: 'statistics.read', guild: undefined, member: inPortal } as const;
  const played = async () => ((await audio.call({ path, grant })).body as Tops).tracks.map(({ title }) => title);
  const hear = async (slug: string) => {
    await commands.stop(rig.guildKey, member());
    await commands.enqueue(rig.guildKey, member(), `https://music.sandbox.test/track/${slug}`);
    await eventually(async () => (await commands.read(rig.guildKey)).state).toBe('playing');
  };
  await choose('statistics', false);
  await eventually(() => help().then(({ off }) => off)).toContain('statistics');
  await hear('salt-on-the-window');
  await eventually(async () =>
    (await rig.audio.library.part(rig.guildKey, member(), 'top.server', { from: 0, limit: 25 })).tracks.map(
      ({ title }) => title,
    ),
  ).toContain('Salt on the Window');
  await choose('statistics', null);
  await eventually(() => help().then(({ off }) => off)).not.toContain('statistics');
  await hear('slow-ferry-home');
  await eventually(played).toContain('Slow Ferry Home');
  expect(await played()).not.toContain('Salt on the Window');
});
