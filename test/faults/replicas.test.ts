// @module-tag linux
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#services/cli/src/demo/story.ts';
import { harmonyHall, type HarmonyHall } from '#test/e2e/harmony-hall.ts';
import { createInstallation, type HostedTenant, type RunningPlatform } from '#test/e2e/platform.ts';
import { survivorsOf, type SeenProcess } from '#test/e2e/processes.ts';
import type { Outcome } from '#test/e2e/sandbox.ts';
import { freezeDatabase } from './holds.ts';

/*
 * A platform with two supervisors, which share the bots of four tenants. One is killed, stopped, and asked to stop: its
 * bots go on elsewhere, members are answered, and nobody is answered by two bots.
 */
const takenOverWithinMs = 5_000;
const stack = new AsyncDisposableStack();
let platform: RunningPlatform;
let hall: HarmonyHall;
const tenants: HostedTenant[] = [];

beforeAll(async () => {
  const installation = stack.use(await createInstallation());
  platform = stack.use(await installation.start(undefined, ['--replicas', '2']));
  hall = await harmonyHall(platform.sandbox);
  for (const name of ['North', 'East', 'South', 'West']) tenants.push(await platform.onboard(name, hall.guild));
});
afterAll(() => stack.disposeAsync());

interface Supervisor {
  readonly pid: number;
  readonly bots: readonly SeenProcess[];
}

/** The supervisors with their bots, in order of their process ids. */
async function supervisors(): Promise<Supervisor[]> {
  const all = await platform.launcher.processes();
  return all
    .filter(({ command }) => command.endsWith('/tenants/supervisor/main.ts'))
    .map(({ pid }) => ({
      pid,
      bots: all.filter(({ parent, command }) => parent === pid && command.includes('--permission')),
    }))
    .toSorted((one, other) => one.pid - other.pid);
}

const shared = () =>
  eventually('each supervisor runs two bots', async () => {
    const found = await supervisors();
    return found.length === 2 && found.every(({ bots }) => bots.length === 2) && (found as [Supervisor, Supervisor]);
  });
/** Those that the members see: who answers is who runs it. */
const allReady = () => Promise.all(tenants.map(({ id }) => platform.untilReady(id)));

let asked = 0;
/** A command for this tenant's bot, by a member in turn, so that none is refused for typing too fast. */
function type({ application }: HostedTenant): Promise<Outcome> {
  const { max, dana, robin } = hall;
  const user = [max, dana, robin][asked % 3] ?? max;
  asked += 1;
  const seat = { guild: hall.guild, channel: hall.music, user, applicationId: application.id };
  return platform.sandbox.person(seat).type('queue');
}
async function everyBotAnswers(): Promise<void> {
  for (const tenant of tenants) {
    const outcome = await type(tenant);
    expect(outcome.failure).toBeUndefined();
    expect(outcome.state).toBe('answered');
  }
}

it('says what runs twice and what does not, and each supervisor runs half of the bots', async () => {
  expect(platform.launcher.output()).toMatch(/Replicas +2 of gateway-proxy, token-service, api, worker, supervisor/);
  await shared();
  await allReady();
  await everyBotAnswers();
});

describe('a supervisor', () => {
  it('that is killed: its bots run again in less than five seconds, and those of the other go on', async () => {
    const [killed, other] = await shared();
    const sinceMs = Date.now();
    process.kill(killed.pid, 'SIGKILL');
    await everyBotAnswers();
    expect(Date.now() - sinceMs).toBeLessThan(takenOverWithinMs);
    expect(await survivorsOf(other.bots)).toHaveLength(other.bots.length);
    await allReady();
    await shared();
  });

  it('that is stopped: the other runs its bots, which alone are heard; when it goes on, it ends its own', async () => {
    const [stopped, other] = await shared();
    const refusedBefore = await refusals();
    const sinceMs = Date.now();
    process.kill(stopped.pid, 'SIGSTOP');
    try {
      await eventually(
        'the other runs all four',
        async () => (await supervisors()).find(({ pid }) => pid === other.pid)?.bots.length === 4,
        takenOverWithinMs,
      );
      expect(Date.now() - sinceMs).toBeLessThan(takenOverWithinMs);
      await allReady();
      // The old ones are processes of their own, and know of nothing.
      expect(await survivorsOf(stopped.bots)).toHaveLength(2);
      await everyBotAnswers();
      await eventually('the old ones were refused', async () => (await refusals()) > refusedBefore);
    } finally {
      process.kill(stopped.pid, 'SIGCONT');
    }
    await eventually('its own bots are gone', async () => (await survivorsOf(stopped.bots)).length === 0, 3_000);
    await everyBotAnswers();
    await shared();
    await allReady();
    await everyBotAnswers();
  });

  it('that is asked to stop hands its bots over; when it is back, it gets its half again', async () => {
    const [leaving, other] = await shared();
    process.kill(leaving.pid, 'SIGTERM');
    await everyBotAnswers();
    await allReady();
    const after = await shared();
    expect(after.map(({ pid }) => pid)).toContain(other.pid);
    expect(after.map(({ pid }) => pid)).not.toContain(leaving.pid);
    await everyBotAnswers();
  });
});

describe('the database', () => {
  it('may not answer for longer than a lease lasts: no bot is ended or moved', async () => {
    const before = await shared();
    const release = await freezeDatabase(platform);
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    await release();
    await eventually('bots answer again', async () => (await type(tenants[0] as HostedTenant)).state === 'answered');
    await everyBotAnswers();
    const after = await shared();
    expect(after).toEqual(before);
  });
});

/** Calls of bots that were refused because another process has taken their place, as the audit log has them. */
async function refusals(): Promise<number> {
  const [row] = await platform.query<{ count: number }>(
    `select (select count(*)::int from audit_journal where record like $1)
       + (select count(*)::int from audit_leaf where record like $1) as count`,
    ['%authenticate.superseded%'],
  );
  return row?.count ?? 0;
}
