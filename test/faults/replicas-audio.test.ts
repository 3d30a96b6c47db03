// @module-tag linux
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#services/cli/src/demo/story.ts';
import { harmonyHall, type HarmonyHall } from '#test/e2e/harmony-hall.ts';
import { listen, type Listening } from '#test/e2e/listening.ts';
import { createInstallation, type HostedTenant, type RunningPlatform } from '#test/e2e/platform.ts';
import { textOf, type Outcome } from '#test/e2e/sandbox.ts';
import { freezeDatabase } from './holds.ts';

/*
 * A platform with two audio services, which share the players of four tenants; all of them play. One is killed, stopped,
 * and asked to stop: the music goes on, and whatever members ask for is done once.
 */
const takenOverWithinMs = 5_000;
const stack = new AsyncDisposableStack();
let platform: RunningPlatform;
let hall: HarmonyHall;

interface Playing {
  readonly tenant: HostedTenant;
  readonly music: Listening;
  /** Titles in the order in which they were asked for. */
  readonly asked: string[];
}
const playing: Playing[] = [];
/** Long enough to be played throughout; each is asked for once. */
const long = ['overnight express', 'night shift', 'weather systems', 'copper wire dreams'];
const added = ['cloud inventory', 'driftwood choir', 'first snow', 'harbour lights', 'slow ferry home'];

beforeAll(async () => {
  const installation = stack.use(await createInstallation());
  platform = stack.use(await installation.start(undefined, ['--replicas', '2']));
  hall = await harmonyHall(platform.sandbox);
  for (const [index, name] of ['North', 'East', 'South', 'West'].entries()) {
    const tenant = await platform.onboard(name, hall.guild);
    await personAt(tenant).joinVoice(hall.lounge);
    expect(textOf(await type(tenant, 'play', { query: long[index] ?? '' }))).toMatch(/^Playing/);
    const music = stack.use(listen(platform.sandbox, { guild: hall.guild, bot: tenant.application.bot.id }));
    playing.push({ tenant, music, asked: [] });
  }
  await eventually('all play', async () => {
    const players = await platform.sandbox.players();
    return players.length === 4 && players.every(({ positionMs }) => positionMs > 0);
  });
  await shared();
  await gaps();
});
afterAll(() => stack.disposeAsync());
afterEach(async () => {
  for (const { tenant, asked } of playing) expect(await queueOf(tenant, asked)).toEqual(asked);
  const players = await platform.sandbox.players();
  expect(players.map(({ userId }) => userId).toSorted()).toEqual(
    playing.map(({ tenant }) => tenant.application.bot.id).toSorted(),
  );
});

let asked = 0;
/** A member in turn, so that none is refused for typing too fast. */
function personAt({ application }: HostedTenant) {
  const { max, dana, robin } = hall;
  const user = [max, dana, robin][asked % 3] ?? max;
  return platform.sandbox.person({ guild: hall.guild, channel: hall.music, user, applicationId: application.id });
}
async function type(tenant: HostedTenant, command: string, options?: Record<string, string>): Promise<Outcome> {
  const person = personAt(tenant);
  await person.joinVoice(hall.lounge);
  asked += 1;
  return person.type(command, options);
}
const longPlaylist = 'https://music.sandbox.test/playlist/long-3000';
/** What waits, of these. */
async function queueOf(tenant: HostedTenant, titles: readonly string[]): Promise<string[]> {
  const text = textOf(await type(tenant, 'queue')).toLowerCase();
  return titles.flatMap((title) => [...text.matchAll(new RegExp(title, 'g'))].map(() => title));
}

/** Each tenant's bot is asked for another track, until it is answered with a result. */
async function addToAll(): Promise<void> {
  const title = added.shift() ?? '';
  await Promise.all(
    playing.map(async ({ tenant, asked: titles }) => {
      const untilMs = Date.now() + takenOverWithinMs;
      for (;;) {
        const outcome = await type(tenant, 'play', { query: title });
        expect(outcome.state).toBe('answered');
        if (textOf(outcome).startsWith('Added')) break;
        // Nothing was done, as the answer says.
        expect(Date.now(), textOf(outcome)).toBeLessThan(untilMs);
      }
      titles.push(title);
    }),
  );
}
const gaps = () => Promise.all(playing.map(({ music }) => music.gaps()));
const noGaps = Array.from({ length: 4 }, () => ({ silentMs: 0, leapMs: 0 }));

/** The process ids of both, the one that holds this tenant's lease first. */
async function audios(): Promise<[number, number]> {
  const found = (await platform.launcher.processes())
    .filter(({ command }) => command.endsWith('/services/audio/src/main.ts'))
    .map(({ pid }) => pid);
  expect(found).toHaveLength(2);
  return found as [number, number];
}
const holders = () =>
  platform.query<{ tenant: string; replica: string | null }>(
    "select tenant_id as tenant, replica_id as replica from tenant_lease where part = 'audio' order by tenant_id",
  );
const shared = () =>
  eventually('each audio has two tenants', async () => {
    const counts = Map.groupBy(await holders(), ({ replica }) => replica);
    return counts.size === 2 && !counts.has(null) && [...counts.values()].every((leases) => leases.length === 2);
  });
/** Resolves with the milliseconds after which one has all. */
async function oneHasAll(): Promise<number> {
  const sinceMs = Date.now();
  await eventually('one has all', async () => {
    const replicas = new Set((await holders()).map(({ replica }) => replica));
    return replicas.size === 1 && !replicas.has(null);
  });
  return Date.now() - sinceMs;
}

it('says that audio runs twice, and each holds half of the tenants', async () => {
  expect(platform.launcher.output()).toMatch(/Replicas +2 of .*audio/);
  await addToAll();
  expect(await gaps()).toEqual(noGaps);
});

describe('an audio', () => {
  it('that is asked to stop hands its tenants over without a gap; when it is back, it gets its half again', async () => {
    const [leaving] = await audios();
    await gaps();
    process.kill(leaving, 'SIGTERM');
    await addToAll();
    await oneHasAll();
    expect(await gaps()).toEqual(noGaps);
    await shared();
    await addToAll();
    expect(await gaps()).toEqual(noGaps);
  });

  it('that is killed: the other has its tenants in less than five seconds, and the music goes on', async () => {
    const [killed] = await audios();
    await gaps();
    process.kill(killed, 'SIGKILL');
    await addToAll();
    await shared();
    expect(await gaps()).toEqual(noGaps);
  });

  it('that is killed while members import playlists of thousands: each is made, and is whole', async () => {
    const [killed] = await audios();
    const imports = playing.map(({ tenant }) => type(tenant, 'playlist import', { link: longPlaylist, name: 'Long' }));
    // Some have been loaded by then, and some are being stored.
    await delay(300);
    process.kill(killed, 'SIGKILL');
    for (const outcome of await Promise.all(imports)) expect(textOf(outcome)).toMatch(/Long.*3,?000/s);
    expect(
      await platform.query(
        String.raw`select count(*)::int as rows, max(length)::int as length from track_list where list like '%lst\_%' group by tenant_id`,
      ),
    ).toEqual(playing.map(() => ({ rows: 6, length: 3_000 })));
    await shared();
  });

  it('that is stopped: the other acts for its tenants, and when it goes on it disturbs nothing', async () => {
    const [stopped] = await audios();
    await gaps();
    process.kill(stopped, 'SIGSTOP');
    try {
      expect(await oneHasAll()).toBeLessThan(takenOverWithinMs);
      await addToAll();
      expect(await gaps()).toEqual(noGaps);
    } finally {
      process.kill(stopped, 'SIGCONT');
    }
    await shared();
    expect(await gaps()).toEqual(noGaps);
  });
});

describe('the database', () => {
  it('may not answer for longer than a lease lasts: nobody takes anything over, and the music goes on', async () => {
    await shared();
    const before = await holders();
    await gaps();
    const release = await freezeDatabase(platform);
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    await release();
    expect(await gaps()).toEqual(noGaps);
    for (const { tenant } of playing)
      await eventually('it answers', async () => (await type(tenant, 'queue')).state === 'answered');
    expect(await holders()).toEqual(before);
  });
});

it('a track that ends while nobody acts for its tenant is followed by the next in less than five seconds', async () => {
  await shared();
  const [stopped] = await audios();
  for (const { tenant } of playing)
    expect(textOf(await type(tenant, 'playnow', { query: 'eight second bell' }))).toMatch(/^Playing/);
  const all = (title: RegExp, fromMs: number) =>
    eventually('all play it', async () => {
      const players = await platform.sandbox.players();
      return players.every((player) => title.test(player.title ?? '') && player.positionMs >= fromMs);
    });
  await all(/Bell/, 4_000);
  await gaps();
  process.kill(stopped, 'SIGSTOP');
  try {
    await oneHasAll();
    await all(/Cloud Inventory/, 1);
    for (const { silentMs } of await gaps()) expect(silentMs).toBeLessThan(takenOverWithinMs);
  } finally {
    process.kill(stopped, 'SIGCONT');
  }
  for (const { asked: titles } of playing) titles.shift();
  await shared();
  expect(await gaps()).toEqual(noGaps);
});
