import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '#services/cli/src/demo/story.ts';
import { harmonyHall, type HarmonyHall } from '../../e2e/harmony-hall.ts';
import { listen, type Listening } from '../../e2e/listening.ts';
import { createInstallation, type HostedTenant, type ProcessName, type RunningPlatform } from '../../e2e/platform.ts';
import { textOf, type Outcome } from '../../e2e/sandbox.ts';

/** Those that hold leases. */
const parts = ['discord-edge', 'supervisor', 'audio'] as const;
type Part = (typeof parts)[number] & ProcessName;
/** Within what the bot lets three people type. */
const typeEveryMs = 400;
const askEveryMs = 1_500;
const answersWithinMs = 30_000;
const settledWithinMs = 60_000;
/** It lasts six minutes, longer than a round, at whose beginning it is played from its beginning. */
const title = 'overnight express';

interface Stage {
  readonly platform: RunningPlatform;
  readonly hall: HarmonyHall;
  readonly tenants: readonly HostedTenant[];
  readonly music: readonly Listening[];
}

interface Found {
  /** From the kill until every bot answers. */
  readonly tookMs: number[];
  /** Whose music was silent, after what, and for how many milliseconds. */
  readonly silences: { readonly when: string; readonly ms: number }[];
  typed: number;
  /** What became of commands typed while a process was asked to stop that were not answered once, with what was asked. */
  readonly lost: string[];
  /** Why rounds could not be completed. */
  readonly failed: string[];
}

/**
 * Kills, and before that asks to stop, one of two processes of each part that holds leases, so many times, while four
 * tenants play and members type; `only`: of one part.
 */
export async function measureTakeOver(times: number, only: string | undefined): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const stage = await setTheStage(stack);
  const said: string[] = [];
  for (const part of parts.filter((each) => only === undefined || only === each)) {
    const found: Found = { tookMs: [], silences: [], typed: 0, lost: [], failed: [] };
    for (let time = 0; time < times; time += 1)
      await oneRound(stage, part, { found, time }).catch((error: unknown) => found.failed.push(String(error)));
    const sorted = found.tookMs.toSorted((a, b) => a - b);
    const at = (share: number) => ((sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN) / 1_000).toFixed(1);
    const silentMs = found.silences.reduce((sum, { ms }) => sum + ms, 0);
    const silences = found.silences.map(({ when, ms }) => `${when} ${ms} ms`);
    console.log(
      `${part}: killed ${found.tookMs.length} times, all bots answered after p50 ${at(0.5)} s, p90 ${at(0.9)} s, p99 ${at(0.99)} s; silence ${silentMs} ms${listOf(silences)}; ` +
        `asked to stop: ${found.typed} commands typed, ${found.lost.length} lost${listOf(found.lost)}; ` +
        `${found.failed.length} of ${times} rounds failed${listOf(found.failed)}`,
    );
    said.push(
      `${part} p99 ${at(0.99)} s (at most 5.0), silence ${silentMs} ms (0), interactions lost ${found.lost.length} (0), rounds failed ${found.failed.length} (0)`,
    );
  }
  return said.join('; ');
}

async function setTheStage(stack: AsyncDisposableStack): Promise<Stage> {
  const installation = stack.use(await createInstallation());
  const platform = stack.use(await installation.start(undefined, ['--replicas', '2']));
  const hall = await harmonyHall(platform.sandbox);
  const tenants: HostedTenant[] = [];
  const music: Listening[] = [];
  for (const name of ['North', 'East', 'South', 'West']) {
    const tenant = await platform.onboard(name, hall.guild);
    tenants.push(tenant);
    const person = platform.sandbox.person({
      guild: hall.guild,
      channel: hall.music,
      user: hall.max,
      applicationId: tenant.application.id,
    });
    await person.joinVoice(hall.lounge);
    await person.type('play', { query: title });
    music.push(stack.use(listen(platform.sandbox, { guild: hall.guild, bot: tenant.application.bot.id })));
  }
  await eventually('all play', async () => {
    const players = await platform.sandbox.players();
    return players.length === 4 && players.every(({ positionMs }) => positionMs > 0);
  });
  return { platform, hall, tenants, music };
}

interface Round {
  readonly found: Found;
  readonly time: number;
}

async function oneRound(stage: Stage, part: Part, { found, time }: Round): Promise<void> {
  await untilShared(stage, part);
  await Promise.all(stage.tenants.map((tenant) => playAnew(stage, tenant)));
  await silence(stage);
  const listenedTo = async (what: string): Promise<void> => {
    const silentMs = await silence(stage);
    for (const [at, ms] of silentMs.entries())
      if (ms > 0) found.silences.push({ when: `tenant ${at + 1} after ${what} of round ${time + 1}:`, ms });
  };
  const outcomes = await typingDuring(stage, async () => {
    process.kill(await oneOf(stage, part), 'SIGTERM');
    await delay(2_000);
    await untilShared(stage, part);
  });
  found.typed += outcomes.length;
  found.lost.push(
    ...outcomes.flatMap((outcome) => faultOf(outcome) ?? []).map((fault) => `round ${time + 1}: ${fault}`),
  );
  await listenedTo('the stop');

  const killed = await oneOf(stage, part);
  const killedAtMs = performance.now();
  process.kill(killed, 'SIGKILL');
  await Promise.all(stage.tenants.map((tenant) => untilAnswers(stage, tenant)));
  found.tookMs.push(performance.now() - killedAtMs);
  await listenedTo('the kill');
}

/** Privately, a command that the edge has deferred is answered by a follow-up alone. */
function faultOf(outcome: Outcome): string | undefined {
  const { state, failure, message, followups } = outcome;
  if (failure) return failure.message;
  if (state !== 'answered') return state;
  if (!hasQueue(outcome)) return `answered ${textOf(outcome)}`;
  const answers = followups.length + (message ? 1 : 0);
  return answers === 1 ? undefined : `answered ${answers} times`;
}

/** A refusal is an answer, too, but not what was asked for. */
const hasQueue = (outcome: Outcome): boolean => textOf(outcome).toLowerCase().includes(title);

/** Members have heard it for a while by the time of the next round. */
async function playAnew({ platform, hall }: Stage, { application }: HostedTenant): Promise<void> {
  const dj = { guild: hall.guild, channel: hall.music, user: hall.dana, applicationId: application.id };
  const person = platform.sandbox.person(dj);
  await person.joinVoice(hall.lounge);
  const outcome = await person.type('replay');
  if (!textOf(outcome).startsWith('Continues at 0:00')) throw new Error(`/replay was answered: ${textOf(outcome)}`);
}

/** Each once, with how often. */
function listOf(faults: readonly string[]): string {
  const counts = [...Map.groupBy(faults, (fault) => fault)].map(([fault, all]) => `${all.length} × ${fault}`);
  return counts.length > 0 ? ` (${counts.join(', ')})` : '';
}

const turns = new Map<string, number>();
function type({ platform, hall }: Stage, { application }: HostedTenant): Promise<Outcome> {
  // In turn for each bot, so that nobody is refused for typing too fast.
  const turn = turns.get(application.id) ?? 0;
  turns.set(application.id, turn + 1);
  const user = [hall.max, hall.dana, hall.robin][turn % 3] ?? hall.max;
  const person = { guild: hall.guild, channel: hall.music, user, applicationId: application.id };
  return platform.sandbox.person(person).type('queue');
}

/** Asks again and again, and waits for all: a command that meets nobody is not answered, or only after a while. */
async function untilAnswers(stage: Stage, tenant: HostedTenant): Promise<void> {
  const over = new AbortController();
  const answered = Promise.withResolvers<void>();
  const ask = async () => {
    const outcome = await type(stage, tenant);
    if (outcome.state === 'answered' && !outcome.failure && hasQueue(outcome)) answered.resolve();
  };
  const asking = (async () => {
    for (const untilMs = Date.now() + answersWithinMs; Date.now() < untilMs && !over.signal.aborted;) {
      ask().catch(() => undefined);
      await delay(askEveryMs, undefined, over).catch(() => undefined);
    }
    answered.reject(new Error(`a bot has not answered for ${answersWithinMs / 1_000} s`));
  })();
  await answered.promise.finally(() => over.abort());
  await asking;
}

async function typingDuring(stage: Stage, work: () => Promise<void>): Promise<Outcome[]> {
  const over = new AbortController();
  const outcomes: Promise<Outcome>[] = [];
  const typing = (async () => {
    for (let at = 0; !over.signal.aborted; at += 1) {
      outcomes.push(type(stage, stage.tenants[at % stage.tenants.length] as HostedTenant));
      await delay(typeEveryMs);
    }
  })();
  await work().finally(() => over.abort());
  await typing;
  return Promise.all(outcomes);
}

/** Of each tenant, in milliseconds, since the last call. */
async function silence({ music }: Stage): Promise<number[]> {
  const gaps = await Promise.all(music.map((each) => each.gaps()));
  return gaps.map(({ silentMs }) => silentMs);
}

/** One of the two, at random: which one runs longer says nothing about which it is. */
async function oneOf({ platform }: Stage, part: Part): Promise<number> {
  const both = await eventually(
    `two processes of ${part} run`,
    async () => {
      const found = await platform.processesOf(part);
      return found.length === 2 && found;
    },
    settledWithinMs,
  );
  return both[Math.floor(Math.random() * 2)]?.pid ?? 0;
}

/** Both run, and each holds two of the tenants, whose bots are ready. */
async function untilShared({ platform, tenants }: Stage, part: Part): Promise<void> {
  await eventually(
    `each ${part} has two tenants`,
    async () => {
      const rows = await platform.query<{ replica: string | null }>(
        'select replica_id as replica from tenant_lease where part = $1',
        [part],
      );
      const counts = Map.groupBy(rows, ({ replica }) => replica);
      return counts.size === 2 && !counts.has(null) && [...counts.values()].every(({ length }) => length === 2);
    },
    settledWithinMs,
  );
  await Promise.all(tenants.map(({ id }) => platform.untilReady(id)));
}
