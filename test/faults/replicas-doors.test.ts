// @module-tag linux
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { playerSchema, type Player } from '#services/contracts/player.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import { harmonyHall, type HarmonyHall } from '#test/e2e/harmony-hall.ts';
import { listen, type Listening } from '#test/e2e/listening.ts';
import { createInstallation, type HostedTenant, type ProcessName, type RunningPlatform } from '#test/e2e/platform.ts';
import { textOf, type Person } from '#test/e2e/sandbox.ts';
import { follow } from '#test/integration/follow.ts';
import { completedSteps, lock } from './holds.ts';

/*
 * A platform with two token services, proxies, apis and workers. Either of each pair is killed while members type and a
 * page of the portal is open, and kept from coming back: every command is answered and has its effect once, and the page shows
 * it.
 */
const stack = new AsyncDisposableStack();
let platform: RunningPlatform;
let hall: HarmonyHall;
let tenant: HostedTenant;
let page: Page;
let music: Listening;

beforeAll(async () => {
  const installation = stack.use(await createInstallation());
  platform = stack.use(await installation.start(undefined, ['--replicas', '2']));
  hall = await harmonyHall(platform.sandbox);
  tenant = await platform.onboard('Pairs', hall.guild);
  await personOf(hall.max).joinVoice(hall.lounge);
  expect(textOf(await personOf(hall.max).type('play', { query: 'overnight express' }))).toMatch(/^Playing/);
  await eventually('it plays', async () => (await platform.sandbox.players()).some(({ positionMs }) => positionMs > 0));
  music = stack.use(listen(platform.sandbox, { guild: hall.guild, bot: tenant.application.bot.id }));
  page = stack.use(openPage());
});
afterAll(() => stack.disposeAsync());

const personOf = (user: string): Person =>
  platform.sandbox.person({ guild: hall.guild, channel: hall.music, user, applicationId: tenant.application.id });

interface Page extends AsyncDisposable {
  readonly player: Player | undefined;
}

/** Follows the tenant as a page does, which connects again whenever its stream ends. */
function openPage(): Page {
  const closed = new AbortController();
  let player: Player | undefined;
  const session = platform.sessionOfOwner;
  const following = (async () => {
    while (!closed.signal.aborted) {
      try {
        await using live = await follow(platform.anonymous.url, `/v1/tenants/${tenant.id}/live`, session);
        while (!live.ended && !closed.signal.aborted) {
          const shown = live.events.findLast(({ event }) => event === 'player')?.data;
          if (shown !== undefined) player = z.object({ player: playerSchema }).parse(shown).player;
          await delay(50);
        }
      } catch {
        // The one that it was connected to was killed.
      }
      await delay(100);
    }
  })();
  return {
    get player() {
      return player;
    },
    async [Symbol.asyncDispose]() {
      closed.abort();
      await following;
    },
  };
}

/** The processes of this name, the one that started last at the end. */
async function pair(name: ProcessName): Promise<readonly [number, number]> {
  const pids = await eventually(`two of ${name} run`, async () => {
    const found = await platform.processesOf(name);
    return found.length === 2 && found.map(({ pid }) => pid);
  });
  return [pids[0] ?? 0, pids[1] ?? 0];
}

interface KeptDown extends AsyncDisposable {
  /** Lets it run again; resolves when two run and are ready. */
  release(): Promise<void>;
}

/** Ends one with SIGKILL, and whatever is started in its place, so that only `other` can serve. */
function keepDown(name: ProcessName, pid: number, other: number): KeptDown {
  const released = new AbortController();
  process.kill(pid, 'SIGKILL');
  const killing = (async () => {
    while (!released.signal.aborted) {
      for (const each of await platform.processesOf(name)) if (each.pid !== other) process.kill(each.pid, 'SIGKILL');
      await delay(50);
    }
  })();
  const release = async () => {
    const saidBefore = platform.launcher.output().length;
    released.abort();
    await killing;
    const said = async () => platform.launcher.output().slice(saidBefore).includes(' is back');
    await eventually('it is back', said);
  };
  return {
    release,
    async [Symbol.asyncDispose]() {
      released.abort();
      await killing;
    },
  };
}

const songs = [
  'harbour lights',
  'salt on the window',
  'slow ferry home',
  'paper lighthouse',
  'glass winter',
  'say it in colour',
  'borrowed summer',
  'night shift',
];
let typed = 0;
const takenOverWithinMs = 6_000;

describe.each<ProcessName>(['token-service', 'gateway-proxy', 'api', 'worker'])('of two of %s', (name) => {
  test.each([0, 1] as const)('number %i is killed: nothing is lost, and nothing done twice', async (which) => {
    const both = await pair(name);
    await using down = keepDown(name, both[which], both[1 - which] ?? 0);
    const song = songs[typed] ?? '';
    const user = [hall.max, hall.dana, hall.robin][typed % 3] ?? hall.max;
    typed += 1;
    await personOf(user).joinVoice(hall.lounge);
    const outcome = await personOf(user).type('play', { query: song });
    expect(outcome.failure).toBeUndefined();
    expect(textOf(outcome)).toContain(`position ${typed} in the queue`);
    await eventually('the page shows it', async () => page.player?.queueLength === typed);
    const titles = page.player?.queue.map(({ title }) => title.toLowerCase());
    expect(titles).toEqual(songs.slice(0, typed));
    const answered = await eventually('the API answers', () =>
      platform.stateOf(tenant.id).catch((error: unknown) => {
        // What was on its way to the one that was killed.
        if (error instanceof Error && 'code' in error && error.code === 'cli.unreachable') return undefined;
        throw error;
      }),
    );
    expect(answered.tenant.status).toBe('active');
    expect(await music.faults()).toEqual([]);
    await down.release();
  });
});

test('a rotation goes on at the other api, whichever is killed, and happens once', async () => {
  await pair('api');
  const release = await lock('application_credential')(platform);
  try {
    const asked = platform.owner
      .call('POST', `/v1/tenants/${tenant.id}/keys/rotate`, z.unknown())
      .catch(() => undefined);
    const underway = async () => (await completedSteps(platform, `key-rotation-${tenant.id}`)) !== undefined;
    await eventually('it is under way', underway);
    await delay(300);
    // Whichever runs it, it is taken over at least once, while nobody else could go on with it.
    for (const which of [0, 1] as const) {
      const both = await pair('api');
      await using down = keepDown('api', both[which], both[1 - which] ?? 0);
      await delay(takenOverWithinMs);
      await down.release();
    }
    await release();
    await asked;
  } finally {
    await release();
  }
  const keys = z.object({ keys: z.array(z.object({ purpose: z.string(), version: z.number() })) });
  await eventually('the keys are rotated', async () => {
    const { keys: found } = await platform.owner.call('GET', `/v1/tenants/${tenant.id}/keys`, keys);
    const sealing = found.filter(({ purpose }) => purpose !== 'audit-checkpoint');
    expect(Math.max(...sealing.map(({ version }) => version))).toBeLessThanOrEqual(2);
    return sealing.every(({ version }) => version === 2);
  });
  expect(await music.faults()).toEqual([]);
});
