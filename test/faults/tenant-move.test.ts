// @module-tag linux
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BailiwickError } from '#infra/kernel/errors.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import { harmonyHall, type HarmonyHall } from '#test/e2e/harmony-hall.ts';
import { listen, type Listening } from '#test/e2e/listening.ts';
import { createInstallation, type HostedTenant, type RunningPlatform } from '#test/e2e/platform.ts';
import { textOf, type Outcome } from '#test/e2e/sandbox.ts';
import { unstored, waitsToStore } from './holds.ts';

/*
 * A platform with two of everything, whose processes count as two machines. A tenant that plays a song is moved from one to the
 * other, while processes are killed; and a machine is drained. The song never stops, the session is resumed, and the tenant runs
 * somewhere.
 */
const stack = new AsyncDisposableStack();
const parts = ['supervisor', 'discord-edge', 'audio'] as const;
type Part = (typeof parts)[number];
let platform: RunningPlatform;
let hall: HarmonyHall;
let tenant: HostedTenant;
let music: Listening;
let identified = 0;
/** The first and the second machine. */
let machines: readonly [string, string];

const machinesSchema = z.object({
  items: z.array(
    z.object({ machine: z.string(), draining: z.boolean(), parts: z.array(z.object({ tenants: z.number() })) }),
  ),
});
const listed = async () => (await platform.owner.call('GET', '/v1/operator/machines', machinesSchema)).items;

beforeAll(async () => {
  const installation = stack.use(await createInstallation());
  platform = stack.use(await installation.start(undefined, ['--replicas', '2']));
  hall = await harmonyHall(platform.sandbox);
  tenant = await platform.onboard('Harmony', hall.guild);
  await person(hall.max).joinVoice(hall.lounge);
  await person(hall.dana).joinVoice(hall.lounge);
  await person(hall.robin).joinVoice(hall.lounge);
  expect(textOf(await person(hall.max).type('play', { query: 'overnight express' }))).toMatch(/^Playing/);
  expect(textOf(await person(hall.dana).type('play', { query: 'cloud inventory' }))).toMatch(/^Added/);
  music = stack.use(listen(platform.sandbox, { guild: hall.guild, bot: tenant.application.bot.id }));
  await eventually('it plays', async () => (await platform.sandbox.players()).some(({ positionMs }) => positionMs > 0));
  machines = (await listed()).map(({ machine }) => machine) as [string, string];
  // In one place, whatever shared them at first.
  await moved(machines[0]);
  identified = await count('identify');
  await music.gaps();
});
afterAll(() => stack.disposeAsync());
afterEach(async () => {
  expect(await count('identify'), 'sessions that were started anew').toBe(identified);
  expect(await music.gaps()).toEqual({ silentMs: 0, leapMs: 0 });
  expect(await platform.bots(), 'processes of the bot').toHaveLength(1);
});

const person = (user: string) =>
  platform.sandbox.person({
    guild: hall.guild,
    channel: hall.music,
    user,
    applicationId: tenant.application.id,
  });
async function count(kind: 'identify' | 'resume'): Promise<number> {
  const entries = await platform.sandbox.log();
  return entries.filter((entry) => entry.kind === kind && entry.applicationId === tenant.application.id).length;
}

/** Where each part acts for the tenant. */
async function places(): Promise<string[]> {
  const rows = await platform.query<{ part: Part; machine: string | null }>(
    `select l.part, r.machine from tenant_lease l left join replica r on r.id = l.replica_id where l.tenant_id = $1`,
    [tenant.id],
  );
  return parts.map((part) => rows.find((row) => row.part === part)?.machine ?? 'nowhere');
}
const everything = (machine: string) => [machine, machine, machine];

/** Begins a move. @returns the id of its workflow */
const begin = async (machine: string): Promise<string> => {
  const path = `/v1/operator/tenants/${tenant.id}/move`;
  const asked = () => platform.owner.call('POST', path, z.object({ workflow: z.string() }), { machine });
  // An api that was killed may not be back.
  return (await eventually('a move is begun', () => asked().catch(unlessAway))).workflow;
};
const unlessAway = (error: unknown): undefined => {
  if (!(error instanceof BailiwickError) || error.status < 500) throw error;
};
const statusOf = async (workflow: string): Promise<string | undefined> => {
  const [row] = await platform.query<{ status: string }>(
    'select status from workflows.workflow_status where workflow_uuid = $1',
    [workflow],
  );
  return row?.status;
};
const ended = (workflow: string) =>
  eventually('the move has ended', async () => {
    const status = await statusOf(workflow);
    return status !== 'PENDING' && status !== 'ENQUEUED' && status;
  });
async function moved(machine: string): Promise<void> {
  expect(await ended(await begin(machine))).toBe('SUCCESS');
  expect(await places()).toEqual(everything(machine));
}
const other = async (): Promise<string> => ((await places())[0] === machines[0] ? machines[1] : machines[0]);

/** What members type meanwhile, and what comes of it. */
async function typingDuring(work: () => Promise<unknown>): Promise<Outcome[]> {
  const over = new AbortController();
  const outcomes: Promise<Outcome>[] = [];
  const members = [hall.max, hall.dana, hall.robin];
  const typing = (async () => {
    for (let at = 0; !over.signal.aborted; at += 1) {
      outcomes.push(person(members[at % members.length] ?? hall.max).type('queue'));
      await delay(600);
    }
  })();
  await work();
  over.abort();
  await typing;
  return Promise.all(outcomes);
}
/** One answer, with what waits: a slow one may have begun as "thinking", in whose place it then is. */
const faultOf = (outcome: Outcome): string | undefined => {
  const { state, failure, message, followups } = outcome;
  if (failure) return failure.message;
  if (state !== 'answered') return state;
  const answers = [message, ...followups].filter(Boolean).length;
  if (answers !== 1) return `answered ${answers} times`;
  const text = textOf(outcome);
  return /cloud inventory/i.test(text) ? undefined : text;
};

describe('a tenant that plays', () => {
  it('is moved: no gap, one resumed session, and what members type meanwhile is answered once', async () => {
    const to = await other();
    const resumed = await count('resume');
    const outcomes = await typingDuring(async () => {
      await delay(500);
      await moved(to);
      await delay(1_000);
    });
    expect(outcomes.flatMap((outcome) => faultOf(outcome) ?? [])).toEqual([]);
    // Before, during and after; a move that is done sooner leaves time for fewer.
    expect(outcomes.length).toBeGreaterThanOrEqual(3);
    expect((await count('resume')) - resumed).toBe(1);
    const state = await platform.untilReady(tenant.id);
    expect(state).toMatchObject({ session: { status: 'connected' }, instance: { state: 'ready' } });
    // Nor does the balance undo it.
    await delay(2_000);
    expect(await places()).toEqual(everything(to));
  });

  // Every second one, so that each part and each kind of step has its turn.
  it.each(['wait for supervisor', 'pass on to discord-edge', 'wait for audio'])(
    'is moved although both apis are killed before they could store the step "%s"',
    async (step) => {
      const to = await other();
      const release = await unstored(step)(platform);
      try {
        const workflow = await begin(to);
        await eventually('it is in that step', () => waitsToStore(platform));
        for (const { pid } of await platform.processesOf('api')) process.kill(pid, 'SIGKILL');
        await release();
        expect(await ended(workflow)).toBe('SUCCESS');
      } finally {
        await release();
      }
      expect(await places()).toEqual(everything(to));
    },
  );

  it('is somewhere, and answers, although the supervisor that takes it over is killed in the middle', async () => {
    const to = await other();
    const workflow = await begin(to);
    await eventually('its bot is there', async () => (await places())[0] === to);
    const [bot] = await eventually('it starts', async () => {
      const bots = await platform.bots();
      return bots.length === 1 && bots;
    });
    process.kill(bot?.parent ?? 0, 'SIGKILL');
    expect(['SUCCESS', 'ERROR']).toContain(await ended(workflow));
    const at = await places();
    expect(new Set(at).size, at.join()).toBe(1);
    await platform.untilReady(tenant.id);
    expect(faultOf(await person(hall.max).type('queue'))).toBeUndefined();
    await eventually('the killed bot has ended', async () => (await platform.bots()).length === 1);
  });
});

describe('a machine', () => {
  it('is drained while music plays, stays so after its processes are restarted, and gets back what is pinned to it', async () => {
    const drained = (await places())[0] ?? '';
    const path = `/v1/operator/machines/${drained}/draining`;
    const rest = machines.find((machine) => machine !== drained) ?? '';
    const outcomes = await typingDuring(async () => {
      await platform.owner.call('PUT', path, z.unknown(), { draining: true });
      await eventually('it is empty', async () => {
        const found = (await listed()).find(({ machine }) => machine === drained);
        return found?.draining === true && found.parts.every(({ tenants }) => tenants === 0);
      });
      await delay(1_000);
    });
    expect(outcomes.flatMap((outcome) => faultOf(outcome) ?? [])).toEqual([]);
    await eventually('it runs on the other', async () => (await places()).join() === everything(rest).join());
    const before = await platform.processesOf('audio');
    for (const { pid } of before) process.kill(pid, 'SIGTERM');
    await eventually('both are back', async () => {
      const now = await platform.processesOf('audio');
      return now.length === 2 && now.every(({ pid }) => !before.some((each) => each.pid === pid));
    });
    await eventually('it is where it was', async () => (await places()).join() === everything(rest).join());
    await platform.owner.call('PUT', path, z.unknown(), { draining: false });
    await eventually('it is back', async () => (await places()).join() === everything(drained).join());
    await platform.untilReady(tenant.id);
  });
});
