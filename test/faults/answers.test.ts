// @module-tag linux
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { playerSchema } from '#services/contracts/player.ts';
import type { HarmonyHall } from '#test/e2e/harmony-hall.ts';
import type { HostedTenant, ProcessName, RunningPlatform } from '#test/e2e/platform.ts';
import { textOf, type Outcome, type Person } from '#test/e2e/sandbox.ts';
import { openHall } from './hall.ts';

/*
 * Many members type commands while something is unavailable for a moment. Each command is answered, or fails at Discord
 * within its three seconds and is then not carried out: nobody is left with "thinking…", and no track is added whose
 * member saw the command fail.
 */
const stack = new AsyncDisposableStack();
let platform: RunningPlatform;
let hall: HarmonyHall;
let tenant: HostedTenant;
let people: Person[];

const members = 30;

beforeAll(async () => {
  ({ platform, hall, tenant } = await openHall(stack, 'Patient'));
  people = await Promise.all(
    Array.from({ length: members }, async (_, number) => {
      const user = await platform.sandbox.addPerson(hall.guild, `member-${number}`);
      const seat = { guild: hall.guild, channel: hall.music, user, applicationId: tenant.application.id };
      const person = platform.sandbox.person(seat);
      await person.joinVoice(hall.lounge);
      return person;
    }),
  );
  expect(textOf(await person(0).type('play', { query: 'weather systems' }))).toMatch(/^Playing/);
});

afterAll(() => stack.disposeAsync());

function person(number: number): Person {
  const found = people[number % people.length];
  if (!found) throw new Error('nobody is there');
  return found;
}

interface Typed {
  readonly person: Person;
  readonly command: string;
  readonly id: string;
}

/** Every third command is read-only. Spread evenly over the time, each by another member. */
async function typeMany(count: number, overMs: number): Promise<Typed[]> {
  const typed: Typed[] = [];
  for (let number = 0; number < count; number += 1) {
    const by = person(number);
    const command = number % 3 === 2 ? 'queue' : 'play';
    const options: Record<string, string> = command === 'play' ? { query: 'night shift' } : {};
    typed.push({ person: by, command, id: await by.begin(command, options) });
    await delay(overMs / count);
  }
  return typed;
}

/** The final outcome of a command; waits longer than the edge does before it closes one. */
async function fateOf({ person: by, id }: Typed): Promise<Outcome> {
  const until = Date.now() + 100_000;
  for (;;) {
    const outcome = await by.outcome(id);
    if (outcome.state === 'answered' || outcome.state === 'failed' || Date.now() > until) return outcome;
  }
}

async function tracks(): Promise<number> {
  const at = `/v1/tenants/${tenant.id}/guilds/${hall.guild}/player`;
  return (await platform.owner.call('GET', at, playerSchema)).queueLength;
}

/** Types commands while the fault lasts, then checks every outcome and what was added. */
async function nothingStaysOpen(
  count: number,
  overMs: number,
  fault: () => Promise<void>,
): Promise<readonly Outcome[]> {
  const before = await tracks();
  const [typed] = await Promise.all([typeMany(count, overMs), fault()]);
  const fates = await Promise.all(typed.map(fateOf));
  const states = Object.groupBy(fates, ({ state }) => state);
  expect(Object.keys(states).filter((state) => state !== 'answered' && state !== 'failed')).toEqual([]);
  await platform.untilReady(tenant.id);
  const plays = fates.filter((_, index) => typed[index]?.command === 'play');
  const told = plays.filter((outcome) => /^(Playing|Added)/.test(textOf(outcome))).length;
  const unclear = plays.filter((outcome) => /Check the queue/.test(textOf(outcome))).length;
  const added = (await tracks()) - before;
  const words = Object.entries(Object.groupBy(fates, (outcome) => textOf(outcome).slice(0, 40) || outcome.state)).map(
    ([text, all]) => `${all?.length} × ${text}`,
  );
  console.log({
    answered: states.answered?.length ?? 0,
    failed: states.failed?.length ?? 0,
    added,
    told,
    unclear,
    words,
  });
  expect(added).toBeGreaterThanOrEqual(told);
  expect(added).toBeLessThanOrEqual(told + unclear);
  return fates;
}

async function freeze(name: ProcessName, forMs: number): Promise<void> {
  const { pid } = await platform.processOf(name);
  process.kill(pid, 'SIGSTOP');
  try {
    await delay(forMs);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

/** Ends every connection of these database roles repeatedly for a while. */
async function cutConnections(role: string, forMs: number): Promise<void> {
  const until = Date.now() + forMs;
  while (Date.now() < until) {
    await delay(500);
    await platform.query('select pg_terminate_backend(pid) from pg_stat_activity where usename like $1', [role]);
  }
}

const someTime = 4 * 60_000;

test(
  'the token service is frozen for 20 s',
  async () => {
    await nothingStaysOpen(100, 12_000, () => freeze('token-service', 20_000));
  },
  someTime,
);

test(
  'connections of the proxy to its database are cut',
  async () => {
    await nothingStaysOpen(100, 3_000, () => cutConnections('%proxy%', 5_000));
  },
  someTime,
);

test(
  'the edge is frozen for 6 s, and commands too late by then are not carried out',
  async () => {
    const fates = await nothingStaysOpen(100, 6_000, () => freeze('discord-edge', 6_000));
    expect(fates.some(({ state }) => state === 'failed')).toBe(true);
    expect((await person(1).type('queue')).state).toBe('answered');
  },
  someTime,
);

test.each<ProcessName>(['gateway-proxy', 'supervisor', 'audio', 'sandbox'])(
  '%s is frozen for 6 s',
  async (name) => {
    await nothingStaysOpen(40, 4_000, () => freeze(name, 6_000));
  },
  someTime,
);

test.each<ProcessName>(['gateway-proxy', 'discord-edge', 'audio', 'supervisor'])(
  '%s is killed',
  async (name) => {
    await nothingStaysOpen(40, 4_000, async () => {
      await delay(1_000);
      const { back } = await platform.kill(name);
      await back;
    });
  },
  someTime,
);

test(
  'the bot is killed',
  async () => {
    await nothingStaysOpen(40, 4_000, async () => {
      await delay(1_000);
      const [bot] = await platform.bots();
      if (!bot) throw new Error('no bot runs');
      process.kill(bot.pid, 'SIGKILL');
    });
  },
  someTime,
);
