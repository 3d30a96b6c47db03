import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import { defaultSettings } from '#services/contracts/settings.ts';
import { ada, asTimePasses, audioRig, eventually, guild, member, type AudioRig } from '../testing/audio-rig.ts';
import { shownEntries } from './application/view.ts';

let rig: AudioRig;
beforeEach(async () => {
  rig = await audioRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

const long = (length: number) => `https://music.sandbox.test/playlist/long-${length}`;
const add = (query: string) => rig.audio.commands.enqueue(rig.guildKey, member(), query);
const jump = (position: number) => rig.audio.commands.operate(rig.guildKey, member(), 'jump', { position });
const read = () => rig.audio.commands.read(rig.guildKey);
/** The number that each track of a long playlist has. */
const numberOf = (track: { readonly title: string } | null | undefined) => Number(track?.title.split(' ').at(-1));

/** Rows of the database. */
async function stored<Row extends object>(query: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: rig.database.adminUrl });
  await client.connect();
  try {
    return (await client.query<Row>(query)).rows;
  } finally {
    await client.end();
  }
}
const pages = () =>
  stored<{ length: number }>("select length from track_list where list like 'page\\_%' order by list");

describe('a playlist of 10,000 tracks', () => {
  test('waits as a whole, in parts of bounded size, and comes into the queue by the page', async () => {
    const answer = await add(long(10_100));
    expect(answer).toMatchObject({
      addedCount: 10_000,
      leftOut: [{ reason: 'playlist-limit', count: 100 }],
      player: { queueLength: 499, later: 9_500 },
    });
    expect((await pages()).map(({ length }) => length)).toEqual(Array.from({ length: 19 }, () => 500));
    const sizes = `select (select max(length(document::text)) from music_session) as session,
      (select max(octet_length(sealed)) from event) as event, (select max(octet_length(tracks)) from track_list) as page`;
    const [{ session, event, page } = { session: 0, event: 0, page: 0 }] = await stored<Record<string, number>>(sizes);
    for (const size of [session, event, page]) {
      expect(size).toBeGreaterThan(100_000);
      expect(size).toBeLessThan(600_000);
    }
    // Whoever adds one meanwhile does not wait for the whole playlist.
    expect(await add('golden hour')).toMatchObject({ addedCount: 1, player: { queueLength: 500, later: 9_500 } });
    await jump(400);
    await eventually(read).toMatchObject({ queueLength: 100, later: 9_500 });
    await rig.restart();
    await jump(2);
    await eventually(read).toMatchObject({ queueLength: 598, later: 9_000 });
    await eventually(pages).toHaveLength(18);
    await jump(96);
    const { current, queue } = await read();
    expect([numberOf(current), ...queue.slice(0, 3).map(({ title }) => title.split(' ').at(-1))]).toEqual([
      499,
      '500',
      'Hour',
      '501',
    ]);
    expect(queue.slice(2).map(numberOf)).toEqual(Array.from({ length: shownEntries - 2 }, (_, index) => 501 + index));
    expect(queue[5]).toMatchObject({ requestedBy: ada });
  });

  test('goes as a whole when the queue is cleared, or the music is stopped', async () => {
    await add(long(1_200));
    expect(await pages()).toHaveLength(2);
    expect(await rig.audio.commands.operate(rig.guildKey, member(), 'clear', undefined)).toMatchObject({
      count: 1_199,
      player: { queueLength: 0 },
    });
    await eventually(pages).toEqual([]);
    await add(long(1_200));
    // There is a current track: all 1,200 wait.
    expect(await pages()).toHaveLength(2);
    await rig.audio.commands.stop(rig.guildKey, member());
    await eventually(pages).toEqual([]);
    expect((await read()).later).toBeUndefined();
  });

  test('is repeated as a whole by a loop of the queue', async () => {
    await add(long(1_700));
    await rig.audio.commands.operate(rig.guildKey, member(), 'loop', { mode: 'queue' });
    const heard: number[][] = [];
    // To the last track before the next page, and on: what was passed over comes again as what has played does.
    for (const [position, first, later] of [
      [499, 501, 700],
      [500, 1_001, 700],
      [500, 1_501, 1_000],
      [200, 1, 1_000],
      [500, 501, 1_000],
    ] as const) {
      await jump(position);
      await eventually(async () => [numberOf((await read()).queue[0]), (await read()).later]).toEqual([first, later]);
      heard.push([numberOf((await read()).current)]);
    }
    expect(heard.flat()).toEqual([500, 1_000, 1_500, 1_700, 500]);
    const { queueLength, later = 0 } = await read();
    expect(queueLength + later).toBe(1_699);
  });

  test('counts towards the limit of the queue, and what does not fit is told', async () => {
    await rig.audio.settings.replace(rig.guildKey, { ...defaultSettings, queueLimit: 700 }, null);
    const { addedCount, leftOut, player } = await add(long(1_200));
    expect({ addedCount, leftOut, later: player.later }).toEqual({
      addedCount: 701,
      leftOut: [{ reason: 'queue-full', count: 500 - 1 }],
      later: 201,
    });
    await expect(add('golden hour')).rejects.toMatchObject({ code: 'player.queue-full', message: /700 tracks/ });
  });

  test('was asked for by nobody once its member is erased, and outlives an erasure of who has the id of the server', async () => {
    await add(long(1_200));
    await rig.audio.commands.eraseMember(rig.guildKey.tenant, ada);
    await rig.audio.commands.eraseMember(rig.guildKey.tenant, snowflake(guild));
    expect(await pages()).toHaveLength(2);
    await jump(450);
    await eventually(read).toMatchObject({ queueLength: 549, later: 200 });
    await jump(100);
    expect((await read()).queue.map(({ requestedBy }) => requestedBy)).toEqual(
      Array.from({ length: shownEntries }, () => null),
    );
  });

  test('waits for a database that is away, and is tried again', async () => {
    await add(long(1_200));
    await stored('alter table track_list rename to track_list_away');
    await jump(450);
    expect(await read()).toMatchObject({ queueLength: 49, later: 700 });
    await stored('alter table track_list_away rename to track_list');
    await asTimePasses(rig.clock, read).toMatchObject({ queueLength: 549, later: 200 });
  });
});
