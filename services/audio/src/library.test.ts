import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId, snowflake } from '#infra/kernel/ids.ts';
import { keptLimit, libraryErrorCodes, playlistLimit, type LibraryChange } from '#services/contracts/library.ts';
import { tenantKeyName } from '#security/keyring/data-keys.ts';
import { ada, audioRig, eventually, member, type AudioRig } from '../testing/audio-rig.ts';
import type { Asker } from './application/member-rules.ts';

let rig: AudioRig;

beforeEach(async () => {
  rig = await audioRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

/** Rows of the database, whoever they belong to. */
async function stored(query: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: rig.database.adminUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(query, values)).rows;
  } finally {
    await client.end();
  }
}

const album = 'https://music.sandbox.test/playlist/harbour-lights';
const long = (length: number) => `https://music.sandbox.test/playlist/long-${length}`;
const part = { from: 0, limit: 25 };
const ben = snowflake('500000000000000002');

/** Another request of Ada's. */
const request = (action: string, over: Partial<Asker> = {}): Asker =>
  ({ ...member(), idempotencyKey: `${newId('txn')} ${action}`, ...over }) as Asker;

const change = (name: LibraryChange, body?: object, asker = request(name)) =>
  rig.audio.library.change(rig.guildKey, asker, name, body as never);
const play = (query = album) => rig.audio.commands.enqueue(rig.guildKey, request('player.enqueue'), query);
const favourites = async (asker = member()) =>
  (await rig.audio.library.part(rig.guildKey, asker, 'favourite.list', part)).tracks.map(({ title }) => title);
const tracksOf = async (name: string) =>
  (await rig.audio.library.part(rig.guildKey, member(), 'playlist.show', { ...part, name })).tracks.map(
    ({ title }) => title,
  );

describe('favourites', () => {
  test('are the current track, once, and removed by position', async () => {
    await expect(change('favourite.add')).rejects.toMatchObject({ code: 'player.nothing-plays' });
    await play();
    expect(await change('favourite.add')).toMatchObject({ length: 1, count: 1, first: { title: 'Harbour Lights' } });
    await expect(change('favourite.add')).rejects.toMatchObject({ code: libraryErrorCodes.alreadyKept });
    await expect(change('favourite.remove', { position: 2 })).rejects.toMatchObject({
      code: libraryErrorCodes.noSuchPosition,
    });
    expect(await change('favourite.remove', { position: 1 })).toMatchObject({ length: 0, count: 1 });
    await expect(change('favourite.remove', { position: 1 })).rejects.toMatchObject({ code: libraryErrorCodes.empty });
  });

  test('are what is at a link, without the tracks that are there already', async () => {
    const query = 'https://music.sandbox.test/track/harbour-lights';
    const added = await change('favourite.add', { query });
    expect(added).toMatchObject({ length: 1, count: 1, first: { title: 'Harbour Lights' } });
    await expect(change('favourite.add', { query })).rejects.toMatchObject({ code: libraryErrorCodes.alreadyKept });
    const album = 'https://music.sandbox.test/playlist/harbour-lights';
    expect(await change('favourite.add', { query: album })).toMatchObject({ length: 4, count: 3 });
    const elsewhere = { query: 'https://music.sandbox.test/track/no-such-track' };
    await expect(change('favourite.add', elsewhere)).rejects.toMatchObject({ code: 'player.nothing-found' });
    expect(await favourites()).toHaveLength(4);
  });

  test('belong to one member at one tenant', async () => {
    await play();
    await change('favourite.add');
    expect(await favourites(request('favourite.list', { user: ben }))).toEqual([]);
    const elsewhere = { ...rig.guildKey, tenant: rig.tenants[1] };
    expect(await rig.audio.library.part(elsewhere, member(), 'favourite.list', part)).toMatchObject({ tracks: [] });
  });

  test('open for nobody else, even if the database says that they are theirs', async () => {
    await play();
    await change('favourite.add');
    await stored('update track_list set owner = $1 where owner = $2', [ben, ada]);
    await expect(favourites(request('favourite.list', { user: ben }))).rejects.toMatchObject({
      code: 'keyring.foreign',
    });
  });

  test('are played without being loaded again, as new entries of the member', async () => {
    await play();
    await change('favourite.add');
    await rig.audio.commands.stop(rig.guildKey, request('player.stop'));
    rig.faults.refuse = ({ path }) => (path.includes('loadtracks') ? 500 : undefined);
    const { added, addedCount, playlistName } = await rig.audio.library.play(
      rig.guildKey,
      request('favourite.play'),
      undefined,
    );
    expect({ addedCount, playlistName }).toEqual({ addedCount: 1, playlistName: 'Favourites' });
    expect(added).toMatchObject([{ title: 'Harbour Lights', requestedBy: ada }]);
    await eventually(() => rig.playing()?.title).toBeTruthy();
  });

  test('are played by the rules of the server', async () => {
    await play();
    await change('favourite.add');
    const bound = request('favourite.play', { obligations: { sources: ['elsewhere'] } });
    await expect(rig.audio.library.play(rig.guildKey, bound, undefined)).rejects.toMatchObject({
      code: 'player.source-not-allowed',
    });
  });

  test('are changed once by one request', async () => {
    await play();
    const asker = request('favourite.add');
    const first = await change('favourite.add', undefined, asker);
    expect(await change('favourite.add', undefined, asker)).toEqual(first);
    expect(await favourites()).toEqual(['Harbour Lights']);
  });

  test('survive a restart, and are not readable in the database', async () => {
    await play();
    await change('favourite.add');
    await rig.restart();
    expect(await favourites()).toEqual(['Harbour Lights']);
    const rows = await stored('select * from track_list where list = $1', ['favourites']);
    expect(rows).toHaveLength(1);
    expect(rows.flatMap((row) => Object.values(row).map(String)).join('\n')).not.toMatch(/harbour/i);
  });
});

describe('playlists', () => {
  test('take the current track, a search and a whole playlist, up to their limit', async () => {
    await play();
    await change('playlist.create', { name: 'Evening' });
    expect(await change('playlist.add', { name: 'evening' })).toMatchObject({ name: 'Evening', count: 1, length: 1 });
    expect(await change('playlist.add', { name: 'Evening', query: 'night shift' })).toMatchObject({ count: 1 });
    expect(await change('playlist.add', { name: 'Evening', query: album })).toMatchObject({ count: 4, length: 6 });
    expect((await tracksOf('Evening')).slice(0, 3)).toEqual(['Harbour Lights', 'Night Shift', 'Harbour Lights']);
    expect(await change('playlist.add', { name: 'Evening', query: long(keptLimit) })).toMatchObject({
      count: keptLimit - 6,
      leftOut: [{ reason: 'list-full', count: 6 }],
    });
    await expect(change('playlist.add', { name: 'Evening', query: album })).rejects.toMatchObject({
      code: libraryErrorCodes.full,
    });
    expect(await change('playlist.remove', { name: 'Evening', position: keptLimit })).toMatchObject({
      length: keptLimit - 1,
    });
  });

  test('of many tracks are kept in rows of 500, of which only those that change are written, and played by the page', async () => {
    await change('playlist.import', { link: long(1_600), name: 'Evening' });
    const rows = async () =>
      (await stored('select list, xmin::text as version, octet_length(tracks) as size from track_list order by list'))
        .filter(({ list }) => String(list).includes('lst_'))
        .map(({ list, version, size }) => ({
          part: String(list).split('/')[1] ?? 'first',
          version,
          size: Number(size),
        }));
    const before = await rows();
    expect(before.map(({ part }) => part)).toEqual(['first', '001', '002', '003']);
    for (const { size } of before) expect(size).toBeLessThan(600_000);
    expect(await change('playlist.remove', { name: 'Evening', position: 1_550 })).toMatchObject({ length: 1_599 });
    const changed = (await rows()).filter(({ version }, index) => version !== before[index]?.version);
    expect(changed.map(({ part }) => part)).toEqual(['first', '003']);
    const shown = { ...part, from: 1_545, name: 'Evening' };
    const { tracks, length } = await rig.audio.library.part(rig.guildKey, member(), 'playlist.show', shown);
    expect([length, ...tracks.slice(3, 5).map(({ title }) => title.split(' ').at(-1))]).toEqual([
      1_599,
      '1549',
      '1551',
    ]);
    expect(await rig.audio.library.play(rig.guildKey, request('playlist.play'), { name: 'Evening' })).toMatchObject({
      addedCount: 1_599,
      player: { queueLength: 499, later: 1_099 },
    });
    // Another member's erasure looks at each row and leaves the length of the whole.
    await rig.audio.commands.eraseMember(rig.guildKey.tenant, ben);
    expect(await rig.audio.library.playlists(rig.guildKey, member())).toEqual([{ name: 'Evening', length: 1_599 }]);
    const { code } = await change('playlist.share', { name: 'Evening' });
    const asBen = request('playlist.copy', { user: ben });
    expect(await change('playlist.copy', { code, name: 'Copy' }, asBen)).toMatchObject({ length: 1_599 });
    await rig.audio.library.change(rig.guildKey, asBen, 'playlist.delete', { name: 'Copy' });
    await change('playlist.delete', { name: 'Evening' });
    expect(await rows()).toEqual([]);
  });

  test('have names that members can tell apart, and a member has a limited number', async () => {
    await change('playlist.create', { name: 'Evening' });
    await expect(change('playlist.create', { name: 'EVENING' })).rejects.toMatchObject({
      code: libraryErrorCodes.nameTaken,
    });
    for (const name of ['   ', '\u200B', 'a\nb', 'a'.repeat(51)])
      await expect(change('playlist.create', { name })).rejects.toMatchObject({ code: libraryErrorCodes.badName });
    for (let count = 1; count < playlistLimit; count += 1) await change('playlist.create', { name: `List ${count}` });
    await expect(change('playlist.create', { name: 'One more' })).rejects.toMatchObject({
      code: libraryErrorCodes.tooMany,
    });
    expect(await rig.audio.library.playlists(rig.guildKey, member())).toHaveLength(playlistLimit);
  });

  test('are renamed, deleted, and unknown by the names that they no longer have', async () => {
    await change('playlist.create', { name: 'Evening' });
    await change('playlist.create', { name: 'Morning' });
    await expect(change('playlist.rename', { name: 'Evening', to: 'morning' })).rejects.toMatchObject({
      code: libraryErrorCodes.nameTaken,
    });
    expect(await change('playlist.rename', { name: 'Evening', to: 'Late' })).toMatchObject({ name: 'Late' });
    await expect(tracksOf('Evening')).rejects.toMatchObject({ code: libraryErrorCodes.unknown });
    expect(await tracksOf('Late')).toEqual([]);
    await expect(
      rig.audio.library.play(rig.guildKey, request('playlist.play'), { name: 'Late' }),
    ).rejects.toMatchObject({ code: libraryErrorCodes.empty });
    await change('playlist.delete', { name: 'late' });
    expect(await rig.audio.library.playlists(rig.guildKey, member())).toEqual([{ name: 'Morning', length: 0 }]);
  });
});

describe('the order of a playlist', () => {
  test('changes by positions, and beyond the end is the end', async () => {
    await change('playlist.create', { name: 'Evening' });
    await change('playlist.add', { name: 'Evening', query: album });
    const [one, two, three, four] = await tracksOf('Evening');
    expect(await change('playlist.move', { name: 'Evening', from: 1, to: 3 })).toMatchObject({
      first: { title: one },
      length: 4,
    });
    expect(await tracksOf('Evening')).toEqual([two, three, one, four]);
    await change('playlist.move', { name: 'Evening', from: 2, to: 500 });
    expect(await tracksOf('Evening')).toEqual([two, one, four, three]);
    await expect(change('playlist.move', { name: 'Evening', from: 5, to: 1 })).rejects.toMatchObject({
      code: libraryErrorCodes.noSuchPosition,
    });
    const again = request('playlist.move');
    await change('playlist.move', { name: 'Evening', from: 1, to: 2 }, again);
    await change('playlist.move', { name: 'Evening', from: 1, to: 2 }, again);
    expect(await tracksOf('Evening')).toEqual([one, two, four, three]);
  });
});

describe('a queue', () => {
  test('is saved as a playlist, with the current track first, and loaded by playing it', async () => {
    await expect(change('playlist.save', { name: 'Tonight' })).rejects.toMatchObject({ code: 'player.nothing-plays' });
    await play();
    const saved = await change('playlist.save', { name: 'Tonight' });
    expect(saved).toMatchObject({
      name: 'Tonight',
      count: 4,
      length: 4,
      first: { title: 'Harbour Lights' },
      leftOut: [],
    });
    await rig.audio.commands.stop(rig.guildKey, request('player.stop'));
    const { addedCount } = await rig.audio.library.play(rig.guildKey, request('playlist.play'), { name: 'Tonight' });
    expect(addedCount).toBe(4);
    await expect(change('playlist.save', { name: 'tonight' })).rejects.toMatchObject({
      code: libraryErrorCodes.nameTaken,
    });
  });

  test('that is longer than a playlist is saved as far as there is room, and the rest is told', async () => {
    await play(long(keptLimit));
    await play('golden hour');
    const { count, leftOut } = await change('playlist.save', { name: 'Tonight' });
    expect({ count, leftOut }).toEqual({ count: keptLimit, leftOut: [{ reason: 'list-full', count: 1 }] });
  });
});

describe('what is at a link', () => {
  test('becomes a playlist, once, by the rules of the server', async () => {
    const asker = request('playlist.import');
    const made = await change('playlist.import', { link: album }, asker);
    expect(made).toMatchObject({ count: 4, length: 4, leftOut: [] });
    expect(made.name).toMatch(/Harbour Lights$/);
    expect(await change('playlist.import', { link: album }, asker)).toMatchObject({ name: made.name, count: 4 });
    await expect(change('playlist.import', { link: album })).rejects.toMatchObject({
      code: libraryErrorCodes.nameTaken,
    });
    const bound = request('playlist.import', { obligations: { sources: ['elsewhere'] } });
    await expect(change('playlist.import', { link: album, name: 'Other' }, bound)).rejects.toMatchObject({
      code: 'player.source-not-allowed',
    });
  });

  test('of which a part was written when the process or its connection ended is not there; the repeated request makes it whole', async () => {
    const asker = request('playlist.import');
    const wanted = { link: long(1_600), name: 'Evening' };
    const lists = () => rig.audio.library.playlists(rig.guildKey, member());
    const dyingAt = async (trigger: string) => {
      await stored(`create function die() returns trigger language plpgsql as $$
        begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$`);
      await stored(trigger);
      try {
        await expect(change('playlist.import', wanted, asker)).rejects.toMatchObject({ code: 'database.unavailable' });
      } finally {
        await stored('drop function die cascade');
      }
    };
    // In the middle of its rows, and after the last of them, when only the commit is missing.
    await dyingAt(
      `create trigger dying before insert on track_list for each row when (new.list like 'part_lst_%/002') execute function die()`,
    );
    expect(await stored("select from track_list where list like '%lst_%'")).toEqual([]);
    await dyingAt(
      'create constraint trigger dying after insert on track_list deferrable initially deferred for each row execute function die()',
    );
    expect(await stored("select from track_list where list like '%lst_%'")).toEqual([]);
    expect(await lists()).toEqual([]);
    expect(await change('playlist.import', wanted, asker)).toMatchObject({ count: 1_600, leftOut: [] });
    // Its answer was lost: it is asked for once more, of another process.
    await rig.restart();
    expect(await change('playlist.import', wanted, asker)).toMatchObject({ count: 1_600, leftOut: [] });
    expect(await lists()).toEqual([{ name: 'Evening', length: 1_600 }]);
  });

  test('has to be a link, to a site that is allowed', async () => {
    await expect(change('playlist.import', { link: 'night shift' })).rejects.toMatchObject({
      code: libraryErrorCodes.noLink,
    });
    await expect(change('playlist.import', { link: 'https://10.0.0.1/x' })).rejects.toMatchObject({
      code: 'player.url-refused',
    });
    expect(await rig.audio.library.playlists(rig.guildKey, member())).toEqual([]);
  });
});

describe('a shared playlist', () => {
  const benAsks = (action: string) => request(action, { user: ben });
  const shareEvening = async (): Promise<string> => {
    await change('playlist.create', { name: 'Evening' });
    await change('playlist.add', { name: 'Evening', query: album });
    return String((await change('playlist.share', { name: 'Evening' })).code);
  };

  test('is copied by its code, and the copy belongs to whoever made it', async () => {
    const code = await shareEvening();
    expect(code).toMatch(/^(?:[0-9A-Z]{5}-){3}[0-9A-Z]{5}$/);
    const copy = await change('playlist.copy', { code: code.toLowerCase() }, benAsks('playlist.copy'));
    expect(copy).toMatchObject({ name: 'Evening', count: 4, code: null, first: { requestedBy: ben } });
    await change('playlist.remove', { name: 'Evening', position: 1 });
    const ofBen = await rig.audio.library.part(rig.guildKey, benAsks('playlist.show'), 'playlist.show', {
      ...part,
      name: 'Evening',
    });
    expect(ofBen.length).toBe(4);
  });

  test('keeps its code when it is shared again, changed and renamed', async () => {
    const code = await shareEvening();
    expect(await change('playlist.share', { name: 'Evening' })).toMatchObject({ code });
    await change('playlist.remove', { name: 'Evening', position: 1 });
    await change('playlist.rename', { name: 'Evening', to: 'Late' });
    expect(await change('playlist.copy', { code }, benAsks('playlist.copy'))).toMatchObject({ name: 'Late', count: 3 });
  });

  test('is found no more once the code is ended, the list deleted or its owner erased; a new code is another', async () => {
    const code = await shareEvening();
    await change('playlist.unshare', { name: 'Evening' });
    const fails = (which: string) =>
      expect(change('playlist.copy', { code: which, name: 'Mine' }, benAsks('playlist.copy'))).rejects.toMatchObject({
        code: libraryErrorCodes.unknownCode,
        status: 404,
      });
    await fails(code);
    await expect(change('playlist.unshare', { name: 'Evening' })).rejects.toMatchObject({
      code: libraryErrorCodes.notShared,
    });
    const another = String((await change('playlist.share', { name: 'Evening' })).code);
    expect(another).not.toBe(code);
    await change('playlist.delete', { name: 'Evening' });
    await fails(another);
    const third = await shareEvening();
    await rig.audio.commands.eraseMember(rig.guildKey.tenant, ada);
    await fails(third);
  });

  test('is unknown to another tenant, and its code is in the database only as a digest', async () => {
    const code = await shareEvening();
    const elsewhere = { ...rig.guildKey, tenant: rig.tenants[1] };
    await expect(
      rig.audio.library.change(elsewhere, benAsks('playlist.copy'), 'playlist.copy', { code }),
    ).rejects.toMatchObject({ code: libraryErrorCodes.unknownCode });
    const rows = await stored('select * from track_list where share_hash is not null');
    expect(rows).toHaveLength(1);
    const plain = rows
      .flatMap((row) => Object.values(row).map(String))
      .join('\n')
      .toLowerCase();
    expect(plain).not.toContain(code.replaceAll('-', '').toLowerCase());
  });
});

test('a playlist is exported whole, without what only this bot can use', async () => {
  await change('playlist.create', { name: 'Evening' });
  await expect(rig.audio.library.export(rig.guildKey, member(), 'evening')).rejects.toMatchObject({
    code: libraryErrorCodes.empty,
  });
  await change('playlist.add', { name: 'Evening', query: album });
  const { name, tracks } = await rig.audio.library.export(rig.guildKey, member(), 'evening');
  expect(name).toBe('Evening');
  expect(tracks.map(({ title }) => title)).toEqual(await tracksOf('Evening'));
  expect(Object.keys(tracks[0] ?? {}).toSorted()).toEqual(['atMs', 'author', 'lengthMs', 'source', 'title', 'uri']);
});

const history = async () =>
  (await rig.audio.library.part(rig.guildKey, member(), 'history.read', part)).tracks.map(({ title }) => title);

test('the history has what has started, newest first, each entry once', async () => {
  await play();
  await eventually(history).toEqual(['Harbour Lights']);
  await rig.audio.commands.skip(rig.guildKey, request('player.skip'));
  await eventually(history).toEqual(['Salt on the Window', 'Harbour Lights']);
  await rig.restart();
  await rig.audio.commands.skip(rig.guildKey, request('player.skip'));
  await eventually(async () => (await history()).length).toBe(3);
});

describe('what has played most', () => {
  const top = async (name: 'top.server' | 'top.mine', asker = member()) =>
    (await rig.audio.library.part(rig.guildKey, asker, name, part)).tracks.map(
      ({ title, plays, requestedBy }) => `${title} ${plays} ${requestedBy === null ? 'nobody' : 'ada'}`,
    );
  const ofBen = request('top.mine', { user: ben });
  const track = 'https://music.sandbox.test/track/harbour-lights';

  test('is counted for the server, which names nobody, and for whoever asked for it', async () => {
    await play();
    await eventually(() => top('top.server')).toEqual(['Harbour Lights 1 nobody']);
    await rig.audio.commands.skip(rig.guildKey, request('player.skip'));
    await eventually(() => top('top.server')).toEqual(['Salt on the Window 1 nobody', 'Harbour Lights 1 nobody']);
    await rig.audio.commands.stop(rig.guildKey, request('player.stop'));
    await play(track);
    await eventually(() => top('top.server')).toEqual(['Harbour Lights 2 nobody', 'Salt on the Window 1 nobody']);
    expect(await top('top.mine')).toEqual(['Harbour Lights 2 ada', 'Salt on the Window 1 ada']);
    expect(await top('top.mine', ofBen)).toEqual([]);
    const rows = await stored("select * from track_list where list in ('top', 'top-server')");
    expect(rows).toHaveLength(2);
    expect(rows.flatMap((row) => Object.values(row).map(String)).join('\n')).not.toMatch(/harbour/i);
  });

  test('is not counted for whoever does not want it, and their own counts are deleted', async () => {
    await play(track);
    await eventually(() => top('top.mine')).toEqual(['Harbour Lights 1 ada']);
    await change('top.count', { on: false });
    expect(await top('top.mine')).toEqual([]);
    await rig.audio.commands.stop(rig.guildKey, request('player.stop'));
    await play(track);
    await eventually(async () => (await history()).length).toBe(2);
    await rig.audio.commands.stop(rig.guildKey, request('player.stop'));
    await change('top.count', { on: true });
    await play(track);
    await eventually(() => top('top.mine')).toEqual(['Harbour Lights 1 ada']);
    await eventually(() => top('top.server')).toEqual(['Harbour Lights 2 nobody']);
  });

  test('of a member is gone with the member, and of a server stays, for it names nobody', async () => {
    await play(track);
    await eventually(() => top('top.mine')).toEqual(['Harbour Lights 1 ada']);
    await rig.audio.commands.eraseMember(rig.guildKey.tenant, ada);
    expect(await top('top.mine')).toEqual([]);
    await eventually(() => top('top.server')).toEqual(['Harbour Lights 1 nobody']);
    await rig.audio.commands.eraseMember(rig.guildKey.tenant, rig.guildKey.guild);
    expect(await top('top.server')).toEqual(['Harbour Lights 1 nobody']);
  });
});

describe('while the keys cannot be reached', () => {
  test('a tenant whose keys were used goes on, with its music and with what its members keep', async () => {
    await play();
    await eventually(history).toEqual(['Harbour Lights']);
    rig.faults.keysAway = true;
    rig.clock.advance(6 * 60_000);
    await rig.audio.commands.skip(rig.guildKey, request('player.skip'));
    expect(await change('favourite.add')).toMatchObject({ count: 1 });
    rig.clock.advance(60 * 60_000);
    await expect(rig.audio.commands.skip(rig.guildKey, request('player.skip'))).rejects.toMatchObject({
      code: 'player.unavailable',
      status: 424,
    });
    rig.faults.keysAway = false;
    await rig.audio.commands.skip(rig.guildKey, request('player.skip'));
  });

  test('nothing new is accepted that could not be stored, and everything works afterwards', async () => {
    rig.faults.keysAway = true;
    await expect(play()).rejects.toMatchObject({ code: 'player.unavailable', status: 424 });
    await expect(change('playlist.create', { name: 'Evening' })).rejects.toMatchObject({
      code: libraryErrorCodes.away,
      status: 424,
    });
    expect(rig.playing()).toBeUndefined();
    rig.faults.keysAway = false;
    await play();
    await eventually(history).toEqual(['Harbour Lights']);
    expect(await change('favourite.add')).toMatchObject({ count: 1 });
  });

  test('a service that starts waits for them, and then resumes what was playing', async () => {
    await play();
    await eventually(() => rig.playing()?.title).toBeTruthy();
    await rig.stop();
    rig.faults.keysAway = true;
    let isReady = false;
    const starting = rig.start().then(() => (isReady = true));
    await expect.poll(() => rig.clock.dueInMs().includes(1_000)).toBe(true);
    await expect(rig.audio.commands.read(rig.guildKey)).rejects.toMatchObject({ code: 'player.unavailable' });
    expect(isReady).toBe(false);
    rig.faults.keysAway = false;
    rig.clock.advance(1_000);
    await starting;
    expect(await rig.audio.commands.read(rig.guildKey)).toMatchObject({ current: { title: 'Harbour Lights' } });
  });
});

test('everything is deleted with the tenant, and the key is destroyed', async () => {
  await play();
  await change('favourite.add');
  await eventually(history).toEqual(['Harbour Lights']);
  const name = tenantKeyName(rig.guildKey.tenant);
  expect(await rig.custodian.versions(name)).toHaveLength(1);
  await rig.audio.commands.deleteSessions(rig.guildKey.tenant);
  expect(await stored('select 1 from track_list')).toEqual([]);
  await expect(rig.custodian.versions(name)).rejects.toMatchObject({ code: 'keyring.unknown-key' });
});
