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
 * A platform with two edges, which share the sessions of four tenants; all of them play. One is killed, stopped, and
 * asked to stop: no bot starts a new session at Discord, the music goes on, and each command is answered once.
 */
const takenOverWithinMs = 5_000;
const stack = new AsyncDisposableStack();
let platform: RunningPlatform;
let hall: HarmonyHall;
const tenants: HostedTenant[] = [];
const music: Listening[] = [];
let identified = 0;

beforeAll(async () => {
  const installation = stack.use(await createInstallation());
  platform = stack.use(await installation.start(undefined, ['--replicas', '2']));
  hall = await harmonyHall(platform.sandbox);
  for (const name of ['North', 'East', 'South', 'West']) {
    const tenant = await platform.onboard(name, hall.guild);
    tenants.push(tenant);
    for (let member = 0; member < 3; member += 1) await personAt(tenant).joinVoice(hall.lounge);
    expect(textOf(await type(tenant, 'play', { query: 'overnight express' }))).toMatch(/^Playing/);
    music.push(stack.use(listen(platform.sandbox, { guild: hall.guild, bot: tenant.application.bot.id })));
  }
  await eventually('all play', async () => {
    const players = await platform.sandbox.players();
    return players.length === 4 && players.every(({ positionMs }) => positionMs > 0);
  });
  await shared();
  identified = await count('identify');
});
afterAll(() => stack.disposeAsync());
afterEach(async () => {
  expect(await count('identify'), 'sessions that were started anew').toBe(identified);
});

let asked = 0;
/** A member in turn, so that none is refused for typing too fast. */
function personAt({ application }: HostedTenant) {
  const { max, dana, robin } = hall;
  const user = [max, dana, robin][asked % 3] ?? max;
  asked += 1;
  return platform.sandbox.person({ guild: hall.guild, channel: hall.music, user, applicationId: application.id });
}
const type = (tenant: HostedTenant, command: string, options?: Record<string, string>): Promise<Outcome> =>
  personAt(tenant).type(command, options);

async function count(kind: 'identify' | 'resume'): Promise<number> {
  const own = new Set(tenants.map(({ application }) => application.id));
  const entries = await platform.sandbox.log();
  return entries.filter((entry) => entry.kind === kind && entry.applicationId && own.has(entry.applicationId)).length;
}
const gaps = () => Promise.all(music.map((each) => each.gaps()));
const noGaps = Array.from({ length: 4 }, () => ({ silentMs: 0, leapMs: 0 }));

/** The process ids of both. */
async function edges(): Promise<[number, number]> {
  const found = (await platform.launcher.processes())
    .filter(({ command }) => command.endsWith('/gateway-proxy/discord-edge/main.ts'))
    .map(({ pid }) => pid);
  expect(found).toHaveLength(2);
  return found as [number, number];
}
const holders = () =>
  platform.query<{ tenant: string; replica: string | null }>(
    "select tenant_id as tenant, replica_id as replica from tenant_lease where part = 'discord-edge' order by tenant_id",
  );
const shared = () =>
  eventually('each edge has two tenants, which are connected', async () => {
    const counts = Map.groupBy(await holders(), ({ replica }) => replica);
    const isShared = counts.size === 2 && !counts.has(null) && [...counts.values()].every(({ length }) => length === 2);
    const connected = await Promise.all(tenants.map(({ application }) => platform.sandbox.isConnected(application.id)));
    return isShared && connected.every(Boolean);
  });

/** What members type meanwhile, to all bots in turn, and what comes of it. */
async function typingDuring(work: () => Promise<unknown>): Promise<Outcome[]> {
  const over = new AbortController();
  const outcomes: Promise<Outcome>[] = [];
  const typing = (async () => {
    for (let at = 0; !over.signal.aborted; at += 1) {
      outcomes.push(type(tenants[at % tenants.length] as HostedTenant, 'queue'));
      await delay(150);
    }
  })();
  await work();
  over.abort();
  await typing;
  return Promise.all(outcomes);
}
const faultOf = ({ state, failure, followups }: Outcome): string | undefined => {
  if (failure) return failure.message;
  if (state !== 'answered') return state;
  return followups.length > 0 ? 'answered twice' : undefined;
};

/** Resolves with the milliseconds after which every bot answers. */
async function untilAllAnswer(sinceMs: number): Promise<number> {
  const answered = await Promise.all(
    tenants.map(async (tenant) => {
      while ((await type(tenant, 'queue')).state !== 'answered') expect(Date.now() - sinceMs).toBeLessThan(15_000);
      return Date.now() - sinceMs;
    }),
  );
  return Math.max(...answered);
}

it('says that edges run twice, and each serves half of the tenants', async () => {
  expect(platform.launcher.output()).toMatch(/Replicas +2 of .*discord-edge/);
  await untilAllAnswer(Date.now());
  expect(await gaps()).toEqual(noGaps);
});

describe('an edge', () => {
  it('that is asked to stop hands its sessions over: every command is answered once, and the music goes on', async () => {
    const [leaving] = await edges();
    await gaps();
    const resumed = await count('resume');
    const outcomes = await typingDuring(async () => {
      await delay(500);
      process.kill(leaving, 'SIGTERM');
      await delay(1_000);
      await shared();
      await delay(500);
    });
    expect(outcomes.flatMap((outcome) => faultOf(outcome) ?? [])).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(10);
    // Two to the other edge, and two back to the restarted one.
    expect((await count('resume')) - resumed).toBe(4);
    expect(await gaps()).toEqual(noGaps);
  });

  it('that is killed: the other serves its tenants in less than five seconds, and the music goes on', async () => {
    const [killed] = await edges();
    await gaps();
    const sinceMs = Date.now();
    process.kill(killed, 'SIGKILL');
    expect(await untilAllAnswer(sinceMs)).toBeLessThan(takenOverWithinMs);
    await shared();
    expect((await typingDuring(() => delay(2_000))).flatMap((outcome) => faultOf(outcome) ?? [])).toEqual([]);
    expect(await gaps()).toEqual(noGaps);
  });

  it('that is killed with the bots as they have answered: members keep what they were answered, and get it once', async () => {
    await shared();
    const answered = await Promise.all(tenants.map((tenant) => type(tenant, 'queue')));
    // Before the edges save that: they do so a second after the command.
    const bots = await platform.bots();
    for (const pid of [...(await edges()), ...bots.map((bot) => bot.pid)]) process.kill(pid, 'SIGKILL');
    await untilAllAnswer(Date.now());
    await shared();
    const seen = await Promise.all(answered.map(({ id }, at) => personAt(tenants[at] as HostedTenant).look(id)));
    const shown = (outcomes: readonly Outcome[]) =>
      outcomes.map((outcome) => [textOf(outcome), outcome.followups.length]);
    expect(shown(seen)).toEqual(shown(answered));
  });

  it('that is stopped: the other serves its tenants; when it goes on, it takes no session and answers nothing', async () => {
    const [stopped] = await edges();
    await gaps();
    const sinceMs = Date.now();
    process.kill(stopped, 'SIGSTOP');
    try {
      expect(await untilAllAnswer(sinceMs)).toBeLessThan(takenOverWithinMs);
    } finally {
      process.kill(stopped, 'SIGCONT');
    }
    expect(
      (await typingDuring(async () => void (await shared()))).flatMap((outcome) => faultOf(outcome) ?? []),
    ).toEqual([]);
    expect(await gaps()).toEqual(noGaps);
  });
});

describe('the database', () => {
  it('may not answer for longer than a lease lasts: bots stay connected, and no session moves', async () => {
    await shared();
    const before = await holders();
    const resumed = await count('resume');
    await gaps();
    const release = await freezeDatabase(platform);
    try {
      await delay(6_000);
      for (const tenant of tenants) expect(await platform.sandbox.isConnected(tenant.application.id)).toBe(true);
    } finally {
      await release();
    }
    await untilAllAnswer(Date.now());
    expect(await holders()).toEqual(before);
    expect(await count('resume')).toBe(resumed);
    expect(await gaps()).toEqual(noGaps);
  });
});
