import process from 'node:process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { trackSchema } from '#services/contracts/player.ts';
import { nameCases, titleCases } from '#test/security/corpora.ts';
import { trackOf } from '../../domain/entry.ts';
import { nodeEventOf, nodePlayerOf } from './node-messages.ts';
import { NodeTime } from './node-time.ts';
import { loadedFrom, whyOf } from './tracks.ts';

const info = {
  title: 'Song',
  author: 'Somebody',
  length: 60_000,
  isStream: false,
  uri: 'https://music.sandbox.test/track/song',
  artworkUrl: null,
  sourceName: 'youtube',
};
const track = (over: Record<string, unknown> = {}) => ({ encoded: 'QAAA', info: { ...info, ...over } });
const single = async (over: Record<string, unknown>) => {
  const loaded = await loadedFrom({ loadType: 'track', data: track(over) }, 1);
  if (loaded?.kind !== 'tracks' || !loaded.entries[0]) throw new Error('no track was read');
  return loaded.entries[0];
};

describe('what a node says of a track', () => {
  test.each([
    [60_000.4, 60_000],
    [7 * 86_400_000, 7 * 86_400_000],
    [7 * 86_400_000 + 1, null],
    [2 ** 53 - 1, null],
    [JSON.parse('9223372036854775807'), null],
    [JSON.parse('1e999'), null],
    [0, null],
    [-1, null],
    ['60000', null],
    [null, null],
    [{}, null],
  ])('takes a length of %s for %s', async (length, lengthMs) => {
    expect((await single({ length })).lengthMs).toBe(lengthMs);
  });

  test('gives a live stream no length, whatever it says', async () => {
    expect(await single({ isStream: true })).toMatchObject({ isStream: true, lengthMs: null });
    expect(await single({ isStream: 'yes' })).toMatchObject({ isStream: false, lengthMs: 60_000 });
  });

  test('names a file without a title by its name, and leaves nothing empty to the eye', async () => {
    const file = (uri: string) => single({ title: 'Unknown title', author: 'Unknown artist', sourceName: 'http', uri });
    expect(await file('https://files.example/a/Demo%20tape.mp3?x=1')).toMatchObject({
      title: 'Demo tape.mp3',
      author: 'Unknown',
    });
    expect((await file('https://files.example/%E2%80%AEgpj.mp3')).title).toBe('gpj.mp3');
    expect((await file('https://files.example/%ff%00')).title).toBe('%ff%00');
    expect((await file('https://radio.example/')).title).toBe('radio.example');
    expect(await single({ author: '\u00ad', sourceName: '' })).toMatchObject({ author: 'Unknown', source: 'unknown' });
  });

  test.each(titleCases)('is stored as it may be shown: $name', async ({ text, stored }) => {
    expect((await single({ title: text })).title).toBe(stored);
  });

  test.each(nameCases)('is stored, by a name that may be shown: $name', async ({ text, shown }) => {
    expect(await single({ title: text, author: text })).toMatchObject({
      title: shown || 'Untitled',
      author: shown || 'Unknown',
    });
  });

  test('can be anything at all: what is read of it fits the contract', async () => {
    const values = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.string({ unit: 'binary', maxLength: 50 }),
      fc.double(),
      fc.maxSafeInteger(),
    );
    const infos = fc.record(Object.fromEntries(Object.keys(info).map((key) => [key, values])), { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(infos, fc.jsonValue({ maxDepth: 2 })), { maxLength: 5 }), async (given) => {
        const tracks = given.map((one) => ({ encoded: 'QAAA', info: one }));
        const loaded = await loadedFrom({ loadType: 'playlist', data: { info: {}, tracks } }, 1);
        if (loaded?.kind !== 'tracks') {
          expect(given).toEqual([]);
          return;
        }
        expect(loaded.entries).toHaveLength(given.length);
        for (const entry of loaded.entries) {
          expect(trackSchema.safeParse(trackOf(entry)).error).toBeUndefined();
          expect(entry.title).not.toBe('');
        }
      }),
      { numRuns: 40 },
    );
  });

  test('costs no more to read with a title of any length', async () => {
    const title = '\u0301a '.repeat(1_000_000);
    const before = process.cpuUsage();
    expect([...(await single({ title })).title].length).toBeLessThanOrEqual(200);
    // Reading all of it takes about a second of CPU.
    expect(process.cpuUsage(before).user).toBeLessThan(400_000);
  });
});

describe('a list with tracks that cannot be used', () => {
  const bad = [null, 7, {}, { encoded: '' }, { encoded: 'x'.repeat(20_000), info }, { encoded: ['QAAA'], info }];

  test('keeps the others and counts what is left out', async () => {
    const tracks = [track(), ...bad, track({ length: 2 ** 63 })];
    const loaded = await loadedFrom({ loadType: 'playlist', data: { info: { name: 'Mixed' }, tracks } }, 1);
    expect(loaded).toMatchObject({ entries: [{ lengthMs: 60_000 }, { lengthMs: null }], playlistName: 'Mixed' });
    expect(loaded).toMatchObject({ leftOut: [{ reason: 'unreadable', count: bad.length }] });
    expect(await loadedFrom({ loadType: 'search', data: tracks }, 1)).toMatchObject({ entries: [{}, {}], leftOut: [] });
  });

  test('takes the first 10,000 that can be used and says how many more there are, while others have their turns', async () => {
    const tracks = [...bad, ...Array.from({ length: 12_000 }, () => track())];
    let turns = 0;
    const others = setInterval(() => (turns += 1), 0);
    const loaded = await loadedFrom({ loadType: 'playlist', data: { info: { name: 'Long' }, tracks } }, 1);
    clearInterval(others);
    expect(loaded).toMatchObject({
      leftOut: [
        { reason: 'unreadable', count: bad.length },
        { reason: 'playlist-limit', count: 2_000 },
      ],
    });
    expect(turns).toBeGreaterThan(5);
  });

  test('says so when it is the only one', async () => {
    expect(await loadedFrom({ loadType: 'track', data: {} }, 1)).toMatchObject({ kind: 'failed' });
    expect(await loadedFrom({ loadType: 'playlist', data: { tracks: bad } }, 1)).toEqual({ kind: 'nothing' });
  });

  test.each([undefined, null, 'x', 7, [], {}, { loadType: 'TRACK_LOADED' }, { loadType: 'search', data: {} }])(
    'is no load result where it is %j',
    async (answer) => expect(await loadedFrom(answer, 1)).toBeUndefined(),
  );
});

test('the reason of a failure is in words for people, and only where it is meant for them', () => {
  expect(whyOf({ severity: 'common', message: 'Not in\u202e your\ncountry' })).toBe('Not in your country');
  for (const exception of [
    undefined,
    'x',
    {},
    { severity: 'fault', message: 'java' },
    { severity: 'common', message: 5 },
  ])
    expect(whyOf(exception)).toBe('the source did not deliver it');
});

test('no message and no player of a node makes anything but what it can be', () => {
  const time = new NodeTime(new FakeClock(1_000_000));
  const tenant = newTenantId();
  const about = { guildId: '100000000000000001' };
  const update = (state: unknown) =>
    nodeEventOf({ tenant, node: 'main' }, { op: 'playerUpdate', ...about, state }, time);
  expect(update({ time: 1_000_000, position: 2 ** 63, connected: true })).toMatchObject({ positionMs: 0 });
  expect(update({ time: 'now', position: -5 })).toMatchObject({ positionMs: 0, connected: false, asOfMs: 1_000_000 });
  expect(
    nodeEventOf({ tenant, node: 'main' }, { op: 'event', ...about, type: 'TrackEndEvent', reason: 'bored' }, time),
  ).toBeUndefined();
  expect(nodeEventOf({ tenant, node: 'main' }, { op: 'event', ...about, type: 'TrackStartEvent' }, time)).toMatchObject(
    {
      attempt: undefined,
      positionMs: 0,
    },
  );
  for (const answer of [undefined, '<html>', [], { guildId: 5, paused: true }, about]) {
    expect(nodePlayerOf(answer)).toBeUndefined();
  }
  expect(nodePlayerOf({ ...about, paused: true })).toMatchObject({ positionMs: 0, connected: false, paused: true });
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 2 }), fc.jsonValue({ maxDepth: 2 }), (a, b) => {
      nodeEventOf({ tenant, node: 'main' }, a, time);
      nodeEventOf(
        { tenant, node: 'main' },
        { op: 'event', ...about, type: 'TrackExceptionEvent', track: a, exception: b },
        time,
      );
      nodePlayerOf({ ...about, paused: true, track: a, state: b, voice: a });
    }),
  );
});
