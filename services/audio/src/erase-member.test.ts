import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId, snowflake } from '#infra/kernel/ids.ts';
import { ada, audioRig, eventually, member, type AudioRig } from '../testing/audio-rig.ts';
import { guardedAudio } from '../testing/guarded-audio.ts';
import { service } from '#security/identity/spiffe.ts';
import type { Asker } from './application/member-rules.ts';

/* What audio keeps of a member is erased at one tenant, while the music goes on. */
let rig: AudioRig;
const ben = snowflake('500000000000000002');
const album = 'https://music.sandbox.test/playlist/harbour-lights';
const part = { from: 0, limit: 25 };

beforeEach(async () => {
  rig = await audioRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

const by = (user: typeof ada, action: string): Asker => ({
  ...member(),
  user,
  idempotencyKey: `${newId('txn')} ${action}`,
});
const play = (user: typeof ada, query = album) =>
  rig.audio.commands.enqueue(rig.guildKey, by(user, 'player.enqueue'), query);
const keep = (user: typeof ada) =>
  rig.audio.library.change(rig.guildKey, by(user, 'favourite.add'), 'favourite.add', undefined);
const favourites = async (user: typeof ada) =>
  (await rig.audio.library.part(rig.guildKey, by(user, ''), 'favourite.list', part)).tracks;
const history = async () => (await rig.audio.library.part(rig.guildKey, member(), 'history.read', part)).tracks;

test('nothing shows any more that the member was there, and the music and what others keep goes on', async () => {
  await play(ada);
  await play(ben);
  await eventually(async () => (await history()).length).toBe(1);
  await keep(ada);
  await rig.audio.library.change(rig.guildKey, by(ada, 'playlist.create'), 'playlist.create', { name: 'Evening' });
  // Ben keeps a track that Ada asked for.
  await keep(ben);
  const before = await rig.audio.commands.read(rig.guildKey);
  await rig.audio.commands.eraseMember(rig.guildKey.tenant, ada);
  const { current, queue, queueLength, state } = await rig.audio.commands.read(rig.guildKey);
  expect({ queueLength, state }).toEqual({ queueLength: before.queueLength, state: before.state });
  expect(current).toEqual({ ...before.current, requestedBy: null });
  expect(queue.map(({ requestedBy }) => requestedBy).filter((user) => user === ada)).toEqual([]);
  expect(
    (await rig.audio.commands.slice(rig.guildKey, { from: 0, limit: 50 })).entries.some(
      (track) => track.requestedBy === ben,
    ),
  ).toBe(true);
  expect(await favourites(ada)).toEqual([]);
  expect(await favourites(ben)).toMatchObject([{ title: 'Harbour Lights', requestedBy: null }]);
  expect(await history()).toEqual([]);
  const playing = rig.playing();
  expect(playing?.title).toBe('Harbour Lights');
  await rig.audio.commands.eraseMember(rig.guildKey.tenant, ada);
  expect(await rig.audio.commands.read(rig.guildKey)).toMatchObject({ version: before.version + 1 });
});

test("another tenant's, and a server's history whose id is given by mistake, stay", async () => {
  const elsewhere = { ...rig.guildKey, tenant: rig.tenants[1] };
  await rig.audio.library.change(elsewhere, by(ada, 'playlist.create'), 'playlist.create', { name: 'Elsewhere' });
  await play(ada);
  await eventually(async () => (await history()).length).toBe(1);
  await rig.audio.commands.eraseMember(rig.guildKey.tenant, rig.guildKey.guild);
  expect(await history()).toHaveLength(1);
  await rig.audio.commands.eraseMember(rig.guildKey.tenant, ada);
  expect(await rig.audio.library.playlists(elsewhere, by(ada, ''))).toMatchObject([{ name: 'Elsewhere' }]);
});

test('votes to skip are forgotten', async () => {
  await play(ben);
  await rig.stop();
  await rig.edit(({ current, ...document }) => ({
    ...document,
    current,
    votes: { entryId: (current as { entryId: string }).entryId, users: [ada, ben], share: 1 },
  }));
  await rig.start();
  await rig.audio.commands.eraseMember(rig.guildKey.tenant, ada);
  await rig.stop();
  let votes: unknown;
  await rig.edit((document) => {
    ({ votes } = document);
    return document;
  });
  await rig.start();
  expect(votes).toMatchObject({ users: [ben] });
});

test('only a grant for it erases, and the member is named in the body', async () => {
  await play(ada);
  await keep(ada);
  const audio = await guardedAudio(rig);
  try {
    const call = { method: 'POST' as const, path: `/v1/tenants/${rig.guildKey.tenant}/erasures`, body: { user: ada } };
    const grant = { caller: service('api'), guild: undefined } as const;
    expect(await audio.call({ ...call, grant: { ...grant, action: 'player.delete' } })).toMatchObject({ status: 403 });
    expect(await audio.call({ ...call, body: {}, grant: { ...grant, action: 'member.erase' } })).toMatchObject({
      status: 400,
    });
    expect(await favourites(ada)).toHaveLength(1);
    expect(await audio.call({ ...call, grant: { ...grant, action: 'member.erase' } })).toMatchObject({ status: 204 });
    expect(await favourites(ada)).toHaveLength(0);
    const admin = new pg.Client({ connectionString: rig.database.adminUrl });
    await admin.connect();
    const { rows } = await admin.query('select owner from track_list where owner = $1', [ada]);
    await admin.end();
    expect(rows).toEqual([]);
  } finally {
    await audio[Symbol.asyncDispose]();
  }
});
