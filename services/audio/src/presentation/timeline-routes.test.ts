import { afterEach, beforeEach, expect, test } from 'vitest';
import { service } from '#security/identity/spiffe.ts';
import type { Player } from '#services/contracts/player.ts';
import { defaultSettings } from '#services/contracts/settings.ts';
import type { ShownMoment } from '#services/contracts/timeline.ts';
import { audioRig, eventually, member, type AudioRig } from '../../testing/audio-rig.ts';
import { guardedAudio, witnessed, type GuardedAudio } from '../../testing/guarded-audio.ts';

let rig: AudioRig;
let audio: GuardedAudio;

beforeEach(async () => {
  rig = await audioRig();
  audio = await guardedAudio(rig);
});
afterEach(async () => {
  await audio[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

const path = (rest = '') => `/v1/tenants/${rig.guildKey.tenant}/guilds/${rig.guildKey.guild}/timeline${rest}`;
const owner = { kind: 'tenant-member', subject: 'discord:1' } as const;
const grant = { caller: service('api'), action: 'audit.read', member: owner };
const momentAt = async (atMs: number) => {
  const answer = await audio.call({ path: path(`?atMs=${atMs}`), grant });
  expect(answer.status).toBe(200);
  return (answer.body as { moment: ShownMoment | null }).moment;
};
/** What a moment and a player both show. */
const both = [
  'state',
  'current',
  'volume',
  'loop',
  'filters',
  'voiceChannel',
  'queue',
  'queueLength',
  'reason',
] as const;
const shown = (view: Player | ShownMoment) => Object.fromEntries(both.map((name) => [name, view[name]]));

test('every moment is as the live player was then: with a volume that was set before, a real node, and a restart', async () => {
  const { commands, settings } = rig.audio;
  await settings.replace(rig.guildKey, { ...defaultSettings, volume: 35 }, null);
  const by = member();
  const steps = [
    () => commands.enqueue(rig.guildKey, by, 'https://music.sandbox.test/playlist/short-bells'),
    () => commands.operate(rig.guildKey, by, 'filter', { preset: 'nightcore' }),
    () => commands.operate(rig.guildKey, by, 'shuffle', undefined),
    () => commands.skip(rig.guildKey, by),
    () => commands.pause(rig.guildKey, by),
    () => rig.restart(),
    () => rig.audio.commands.resume(rig.guildKey, by),
    () => rig.audio.commands.operate(rig.guildKey, by, 'loop', { mode: 'queue' }),
    () => rig.audio.commands.skip(rig.guildKey, by),
    () => rig.audio.commands.operate(rig.guildKey, by, 'remove', { position: 2 }),
    () => rig.audio.commands.setVolume(rig.guildKey, by, 80),
    () => rig.audio.commands.stop(rig.guildKey, by),
    async () => {
      await rig.audio.settings.replace(rig.guildKey, { ...defaultSettings, volume: 60 }, null);
      await rig.audio.commands.enqueue(rig.guildKey, by, 'harbour lights');
    },
  ];
  const live: { atMs: number; player: Player }[] = [];
  const read = () => rig.audio.commands.read(rig.guildKey);
  for (const step of steps) {
    await step();
    await eventually(async () => ['playing', 'paused', 'idle'].includes((await read()).state)).toBe(true);
    // The node reports what it plays; then nothing happens until the clock is moved.
    await eventually(async () => {
      const before = (await read()).version;
      await new Promise((resolve) => setTimeout(resolve, 150));
      return (await read()).version === before;
    }).toBe(true);
    live.push({ atMs: rig.clock.now(), player: await read() });
    rig.clock.advance(500);
  }
  expect(live.map(({ player }) => player.volume)).toEqual([...Array.from({ length: 10 }, () => 35), 80, 35, 60]);
  await audio[Symbol.asyncDispose]();
  audio = await guardedAudio(rig);
  for (const { atMs, player } of live) {
    const moment = await momentAt(atMs);
    // A player in no channel shows the volume to come.
    const then = player.voiceChannel === null ? { ...player, volume: 80 } : player;
    expect(moment && shown(moment)).toEqual(shown(then));
    expect(Math.abs((moment?.positionMs ?? Number.NaN) - player.positionMs)).toBeLessThanOrEqual(1);
  }
  expect(await momentAt((live[0]?.atMs ?? 0) - 60_000)).toBeNull();
});

test('only a grant to read the audit log opens it, for this server', async () => {
  await rig.audio.commands.enqueue(rig.guildKey, member(), 'harbour lights');
  const events = path('/events?fromMs=0&toMs=253402300799999&limit=3');
  for (const refused of [
    { ...grant, action: 'player.read' },
    { ...grant, action: 'player.read', member: witnessed() },
    { ...grant, guild: undefined },
  ])
    expect((await audio.call({ path: events, grant: refused })).status).toBe(403);
  expect(await audio.call({ path: events, grant })).toMatchObject({
    status: 200,
    body: { events: [{ type: 'TracksAdded', version: 1 }, { type: 'TrackOrdered' }, {}] },
  });
});

test.each(['?atMs=-1', '?atMs=x', '', '/events?fromMs=0&toMs=1', '/events?fromMs=0&toMs=1&limit=102'])(
  'refuses %s',
  async (query) => {
    expect((await audio.call({ path: path(query), grant })).status).toBe(400);
  },
);
