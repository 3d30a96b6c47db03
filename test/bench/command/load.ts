import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createAudience, type Audience } from '../../e2e/audience.ts';
import { createInstallation, type RunningPlatform } from '../../e2e/platform.ts';
import type { Outcome, Person } from '../../e2e/sandbox.ts';
import { quantile } from '../audit/measured.ts';
import { cpuOfKinds, cpuSec } from './cpu.ts';
import type { PlainBots } from './plain-bots.ts';

export interface Load {
  readonly tenants: number;
  /** Of each tenant. */
  readonly perSec: number;
  readonly seconds: number;
}

interface Typed {
  readonly person: Person;
  readonly id: string;
}

/** Half of what members type shows the queue, three in ten what plays, and two in ten change the volume. */
const mix = ['queue', 'nowplaying', 'queue', 'volume', 'queue', 'nowplaying', 'queue', 'volume', 'queue', 'nowplaying'];
/** So many that no member types faster than their commands allow: /volume 3 times in 30 s. */
const peoplePer = 2.1;
const deadlineMs = 3_000;
const tickMs = 10;
const lookAfterMs = deadlineMs + 2_000;

/**
 * Members of so many tenants type at once, each tenant's so often a second, whether or not anybody answers: times from
 * the interaction to the callback, deadlines missed, refusals, and the CPU time of each kind of process. The same is then
 * typed to as many plain discord.js bots in one process, which answer at once.
 */
export async function measureLoad({ tenants, perSec, seconds }: Load): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const installation = stack.use(await createInstallation());
  const platform = stack.use(await installation.start());
  const size = Math.ceil(perSec * peoplePer);
  const audiences: Audience[] = [];
  for (let index = 0; index < tenants; index += 1) audiences.push(await createAudience(platform, index, size));
  for (const { people } of audiences) await people[0]?.type('play', { query: 'overnight express' });
  console.log(`${tenants} tenants' bots are ready and play; ${size} members each`);

  const load = { tenants, perSec, seconds };
  await run(
    audiences.map(({ people }) => people),
    { ...load, seconds: Math.min(10, seconds) },
  );
  const before = await cpuOfKinds(platform);
  const ours = await run(
    audiences.map(({ people }) => people),
    load,
  );
  const after = await cpuOfKinds(platform);
  const idle = await idleCpu(platform, seconds);
  const found = show('the platform', ours, load);
  let perCommandMs = 0;
  for (const [kind, usedSec] of [...after].toSorted(([, a], [, b]) => b - a)) {
    const ms = ((usedSec - (before.get(kind) ?? 0)) * 1_000) / ours.length;
    if (kind !== 'sandbox') perCommandMs += ms;
    if (ms >= 0.005)
      console.log(`  ${kind.padEnd(22)} ${ms.toFixed(2)} ms CPU a command; ${idle(kind)} of a core without any`);
  }

  const plain = await startPlainBots(platform, audiences, stack);
  await run(plain.people, { ...load, seconds: Math.min(10, seconds) });
  const plainBefore = await cpuSec(plain.pid);
  const answered = await run(plain.people, load);
  const plainMs = (((await cpuSec(plain.pid)) - plainBefore) * 1_000) / answered.length;
  const base = show('plain discord.js bots in one process', answered, load);
  console.log(
    `ratios: ${tenants * perSec} commands a second: p99 ${found.p99} ms (at most 250), beside ${base.p99} ms; ` +
      `deadlines missed ${found.missed} (0), beside ${base.missed}; ` +
      `CPU a command ${perCommandMs.toFixed(1)} ms, ${(perCommandMs / plainMs).toFixed(1)} times ${plainMs.toFixed(2)} ms`,
  );
}

/** Types at a constant rate, and tells what has become of each. */
async function run(seats: readonly (readonly Person[])[], { perSec, seconds }: Load): Promise<Outcome[]> {
  const perTick = (seats.length * perSec * tickMs) / 1_000;
  const all = seats.length * perSec * seconds;
  const outcomes: Promise<Outcome>[] = [];
  const startedMs = performance.now();
  while (outcomes.length < all) {
    const due = Math.floor(((performance.now() - startedMs) / tickMs) * perTick);
    while (outcomes.length < Math.min(due, all)) outcomes.push(outcomeOf(type(seats, outcomes.length)));
    await delay(tickMs);
  }
  return Promise.all(outcomes);
}

/** Looked at once Discord's deadline has passed, while the sandbox still knows it. */
async function outcomeOf(typing: Promise<Typed>): Promise<Outcome> {
  const { person, id } = await typing;
  await delay(lookAfterMs);
  return person.look(id);
}

async function type(seats: readonly (readonly Person[])[], number: number): Promise<Typed> {
  const people = seats[number % seats.length] ?? [];
  const round = Math.floor(number / seats.length);
  const person = people[round % people.length];
  const command = mix[(round + Math.floor(round / people.length)) % mix.length];
  if (!person || !command) throw new Error('nobody listens');
  const id = await (command === 'volume'
    ? person.begin(command, { percent: 40 + (round % 60) })
    : person.begin(command));
  return { person, id };
}

function show(name: string, outcomes: readonly Outcome[], { seconds }: Load): { p99: number; missed: number } {
  const tookMs = outcomes.map(({ timings: { createdAt, callbackAt } }) =>
    callbackAt === null ? Number.POSITIVE_INFINITY : callbackAt - createdAt,
  );
  const missed = tookMs.filter((ms) => ms > deadlineMs).length;
  const unanswered = outcomes.filter(({ state }) => state !== 'answered').length;
  const began = outcomes.map(({ timings }) => timings.createdAt);
  const overSec = (Math.max(...began) - Math.min(...began)) / 1_000;
  const [p50, p99] = [quantile(tookMs, 0.5), quantile(tookMs, 0.99)];
  console.log(
    `${name}: ${outcomes.length} commands typed in ${overSec.toFixed(0)} s (${seconds} s meant), callback p50 ${p50} ms, p99 ${p99} ms, ` +
      `${missed} after Discord's deadline, ${unanswered} not answered`,
  );
  return { p99, missed };
}

async function idleCpu(platform: RunningPlatform, seconds: number): Promise<(kind: string) => string> {
  const idleSec = Math.min(10, seconds);
  const before = await cpuOfKinds(platform);
  await delay(idleSec * 1_000);
  const after = await cpuOfKinds(platform);
  return (kind) => (((after.get(kind) ?? 0) - (before.get(kind) ?? 0)) / idleSec).toFixed(3);
}

async function startPlainBots(platform: RunningPlatform, audiences: readonly Audience[], stack: AsyncDisposableStack) {
  const child = fork(new URL('plain-bots.ts', import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  stack.defer(() => child.disconnect());
  const people: Person[][] = [];
  const tokens: string[] = [];
  for (const [index, audience] of audiences.entries()) {
    const application = await platform.sandbox.createApplication(`Plain ${index}`);
    await platform.sandbox.install(audience.guild, application.id);
    tokens.push(application.token);
    people.push(audience.seats.map((seat) => platform.sandbox.person({ ...seat, applicationId: application.id })));
  }
  child.send({ apiUrl: platform.sandbox.apiUrl, tokens, commands: [...new Set(mix)] } satisfies PlainBots);
  await once(child, 'message');
  return { people, pid: child.pid ?? 0 };
}
