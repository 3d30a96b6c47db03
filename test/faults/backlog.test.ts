// @module-tag linux
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sentences } from '#gateway-proxy/discord-edge/interactions/sentences.ts';
import type { HarmonyHall } from '#test/e2e/harmony-hall.ts';
import type { HostedTenant, RunningPlatform } from '#test/e2e/platform.ts';
import { textOf, type Outcome, type Person } from '#test/e2e/sandbox.ts';
import { openHall } from './hall.ts';

/*
 * More commands than a bot can take, while it is frozen and while it runs. Every member is answered in time, by the bot
 * or with a message that it is busy, and the bot survives.
 */
const stack = new AsyncDisposableStack();
let platform: RunningPlatform;
let hall: HarmonyHall;
let tenant: HostedTenant;
let members: Person[];

beforeAll(async () => {
  ({ platform, hall, tenant } = await openHall(stack, 'Overrun'));
  const names = Array.from({ length: 100 }, (_, index) => `Member ${index}`);
  const users = await Promise.all(names.map((name) => platform.sandbox.addPerson(hall.guild, name)));
  members = users.map((user) =>
    platform.sandbox.person({ guild: hall.guild, channel: hall.music, user, applicationId: tenant.application.id }),
  );
});

afterAll(() => stack.disposeAsync());

const passing = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Types `/queue` at this rate, each time as the next member. */
async function type(count: number, perSec: number): Promise<(() => Promise<Outcome>)[]> {
  const startedAtMs = Date.now();
  const typed: Promise<() => Promise<Outcome>>[] = [];
  for (let index = 0; index < count; index += 1) {
    await passing(Math.max(0, startedAtMs + (index * 1_000) / perSec - Date.now()));
    const by = members[index % members.length];
    if (by) typed.push(by.begin('queue').then((id) => () => by.outcome(id)));
  }
  return Promise.all(typed);
}

/** A connection for each outcome at once would overflow the accept queue through which the edge answers. */
const atOnce = 50;

/** Read afterwards, since waiting for an outcome is work for the sandbox. */
async function outcomesOf(typed: readonly (() => Promise<Outcome>)[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let from = 0; from < typed.length; from += atOnce)
    outcomes.push(...(await Promise.all(typed.slice(from, from + atOnce).map((outcome) => outcome()))));
  return outcomes;
}

function countsOf(outcomes: readonly Outcome[]) {
  const open = outcomes.filter(({ state }) => state !== 'answered');
  const failed = open.filter(({ state }) => state === 'failed').length;
  const busy = outcomes.filter((outcome) => textOf(outcome) === sentences.en.busy).length;
  const faulty = outcomes.filter((outcome) => /wrong on my side|Too many/.test(textOf(outcome))).length;
  const counts = { typed: outcomes.length, answered: outcomes.length - open.length - busy, busy, faulty, failed };
  console.log(JSON.stringify({ ...counts, unanswered: open.length - failed }));
  return { ...counts, unanswered: open.length - failed };
}

const restarts = async () => (await platform.stateOf(tenant.id)).instance?.restarts ?? 0;

test('120 commands typed while the bot is frozen and then killed are all answered, and it comes back', async () => {
  const before = await restarts();
  const [bot] = await platform.bots();
  if (!bot) throw new Error('no bot runs');
  process.kill(bot.pid, 'SIGSTOP');
  const typed = await type(120, 15);
  process.kill(bot.pid, 'SIGKILL');
  const counts = countsOf(await outcomesOf(typed));
  expect(counts).toMatchObject({ typed: 120, faulty: 0, failed: 0, unanswered: 0 });
  expect(counts.answered).toBeGreaterThan(10);
  await platform.untilReady(tenant.id);
  expect((await restarts()) - before).toBe(1);
});

test('120 commands typed while there is no bot are all answered by the next', async () => {
  const before = await restarts();
  const [bot] = await platform.bots();
  if (!bot) throw new Error('no bot runs');
  process.kill(bot.pid, 'SIGKILL');
  const counts = countsOf(await outcomesOf(await type(120, 400)));
  expect(counts).toMatchObject({ typed: 120, faulty: 0, failed: 0, unanswered: 0 });
  expect(counts.answered).toBeGreaterThan(30);
  await platform.untilReady(tenant.id);
  expect((await restarts()) - before).toBe(1);
});

test('200 commands a second are answered, if only with "busy", and the bot survives', async () => {
  const before = await restarts();
  const counts = countsOf(await outcomesOf(await type(1_600, 200)));
  expect(counts).toMatchObject({ typed: 1_600, faulty: 0, failed: 0, unanswered: 0 });
  expect(counts.answered).toBeGreaterThan(100);
  expect(counts.busy).toBeGreaterThan(100);
  expect(await platform.stateOf(tenant.id)).toMatchObject({ ready: true });
  expect(await restarts()).toBe(before);
  const [afterwards] = await outcomesOf(await type(1, 1));
  expect(afterwards && textOf(afterwards)).not.toBe(sentences.en.busy);
});
