import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId, snowflake } from '#infra/kernel/ids.ts';
import { service } from '#security/identity/spiffe.ts';
import type { Tops } from '#services/contracts/statistics.ts';
import { ada, audioRig, eventually, member, type AudioRig } from '../../testing/audio-rig.ts';
import { guardedAudio, type GuardedAudio } from '../../testing/guarded-audio.ts';
import type { Asker } from '../application/member-rules.ts';

/* What was played on which days, and who asked for it: sealed, without whoever does not want to be counted. */
let rig: AudioRig;
let audio: GuardedAudio;
const ben = snowflake('500000000000000002');
const track = 'https://music.sandbox.test/track/harbour-lights';
const dayMs = 24 * 60 * 60_000;

beforeEach(async () => {
  rig = await audioRig();
  audio = await guardedAudio(rig);
});
afterEach(async () => {
  await audio[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

const by = (user: typeof ada, action: string): Asker => ({
  ...member(),
  user,
  idempotencyKey: `${newId('txn')} ${action}`,
});
const dayOf = (atMs: number) => new Date(atMs).toISOString().slice(0, 10);
const today = () => dayOf(rig.clock.now());
const path = (from = today(), to = today(), more = '') =>
  `/v1/tenants/${rig.guildKey.tenant}/statistics/top?from=${from}&to=${to}${more}`;
const grant = {
  caller: service('api'),
  action: 'statistics.read',
  guild: undefined,
  member: { kind: 'tenant-member', subject: 'discord:1' },
} as const;
const tops = async (...range: Parameters<typeof path>) => {
  const answer = await audio.call({ path: path(...range), grant });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as Tops;
};
const members = async (...range: Parameters<typeof path>) =>
  (await tops(...range)).members.map(({ user, plays }) => `${user === ada ? 'ada' : 'ben'} ${plays}`);
/** Played from its beginning, by whoever asks, and counted. */
const hear = async (user: typeof ada) => {
  const before = (await tops()).tracks.reduce((sum, { plays }) => sum + plays, 0);
  await rig.audio.commands.enqueue(rig.guildKey, by(user, 'player.enqueue'), track);
  await eventually(async () => (await tops()).tracks.reduce((sum, { plays }) => sum + plays, 0)).toBe(before + 1);
  await rig.audio.commands.stop(rig.guildKey, by(user, 'player.stop'));
};
const count = (user: typeof ada, on: boolean) =>
  rig.audio.library.change(rig.guildKey, by(user, 'top.count'), 'top.count', { on });

test('tracks and members are counted by the day, together and for one server, and nothing of it can be read in the database', async () => {
  await hear(ada);
  await hear(ada);
  await hear(ben);
  const { tracks, since } = await tops();
  expect(tracks).toEqual([{ title: 'Harbour Lights', author: expect.any(String), uri: track, plays: 3 }]);
  expect(since).toBe(today());
  expect(await members()).toEqual(['ada 2', 'ben 1']);
  expect(await members(today(), today(), `&guild=${rig.guildKey.guild}`)).toEqual(['ada 2', 'ben 1']);
  expect(await tops(today(), today(), '&guild=1')).toMatchObject({ tracks: [], members: [] });
  const yesterday = dayOf(rig.clock.now() - dayMs);
  expect(await tops(yesterday, yesterday)).toMatchObject({ tracks: [], members: [] });
  const admin = new pg.Client({ connectionString: rig.database.adminUrl });
  await admin.connect();
  const { rows } = await admin.query<Record<string, unknown>>("select * from track_list where list like 'played-%'");
  await admin.end();
  expect(rows.map(({ list, owner }) => [list, owner])).toEqual([[`played-${today()}`, rig.guildKey.guild]]);
  const stored = rows.flatMap((row) => Object.values(row).map(String)).join('\n');
  expect(stored).not.toMatch(new RegExp(`harbour|${ada}|${ben}`, 'i'));
});

test('a member who does not want to be counted is in no day, nor is what they had played before when they come back', async () => {
  await hear(ada);
  await hear(ben);
  await count(ada, false);
  expect(await members()).toEqual(['ben 1']);
  await rig.audio.commands.enqueue(rig.guildKey, by(ada, 'player.enqueue'), track);
  await eventually(async () => (await rig.audio.commands.read(rig.guildKey)).state).toBe('playing');
  await rig.audio.commands.stop(rig.guildKey, by(ada, 'player.stop'));
  await count(ada, true);
  expect(await members()).toEqual(['ben 1']);
  const before = today();
  rig.clock.advance(dayMs);
  await hear(ada);
  expect(await members(before, today())).toEqual(['ada 1', 'ben 1']);
});

test('a member who is erased is in no day, and the tracks stay, for they name nobody', async () => {
  await hear(ada);
  await hear(ben);
  await rig.audio.commands.eraseMember(rig.guildKey.tenant, ada);
  expect(await members()).toEqual(['ben 1']);
  expect((await tops()).tracks).toMatchObject([{ plays: 2 }]);
  // A server is no member, whatever its id.
  await rig.audio.commands.eraseMember(rig.guildKey.tenant, rig.guildKey.guild);
  expect((await tops()).tracks).toMatchObject([{ plays: 2 }]);
});

test('the tracks of the last hour are those that have played since, by whole quarters of an hour, also after midnight', async () => {
  const hourMs = 60 * 60_000;
  // A quarter of an hour before the end of a day.
  rig.clock.advance(dayMs - 15 * 60_000 - (rig.clock.now() % dayMs));
  const first = dayOf(rig.clock.now());
  await hear(ada);
  const lately = async () => {
    const since = Math.floor((rig.clock.now() - hourMs) / (15 * 60_000)) * 15 * 60_000;
    const { tracks, members: named } = await tops(first, today(), `&since=${since}`);
    expect(named).toEqual([]);
    return tracks.map(({ plays }) => plays);
  };
  expect(await lately()).toEqual([1]);
  rig.clock.advance(30 * 60_000);
  expect(today()).not.toBe(first);
  await hear(ben);
  expect(await lately()).toEqual([2]);
  rig.clock.advance(45 * 60_000);
  expect(await lately()).toEqual([1]);
  rig.clock.advance(hourMs);
  expect(await lately()).toEqual([]);
});

test('only what the proxy has allowed is answered', async () => {
  const as = (given: object) => audio.call({ path: path(), grant: { ...grant, ...given } });
  expect(await as({ action: 'player.read' })).toMatchObject({ status: 403 });
  expect(await as({ tenant: 'ten_01h2xcejqtf2nbrexx3vqjhp41' })).toMatchObject({ status: 403 });
  expect(await audio.callAs('api', { path: path(), grant })).toMatchObject({ status: 403 });
  expect(await audio.call({ path: path('yesterday'), grant })).toMatchObject({ status: 400 });
});
