import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '#services/cli/src/demo/story.ts';
import { listen } from '#test/e2e/listening.ts';
import { textOf, type Outcome, type Person } from '#test/e2e/sandbox.ts';
import type { Fault } from './faults.ts';
import type { Scenario } from './scenario.ts';

/** What members notice of a fault, as a row of the table. Times in ms. */
export interface Noticed {
  readonly typed: number;
  /** Answered with what was requested. */
  readonly answered: number;
  /** Answered with a message that it could not be done, or not now. */
  readonly refused: number;
  /** "The application did not respond": no answer within three seconds. */
  readonly failed: number;
  /** Stuck at "thinking…". */
  readonly open: number;
  /** The longest wait of the answered commands. */
  readonly slowestMs: number;
  /** Tracks that are queued although the member saw the command fail. */
  readonly doneThoughFailed: readonly string[];
  /** Tracks whose addition was confirmed but which are missing. */
  readonly toldButMissing: readonly string[];
  /** While the fault lasts, and once it is over. */
  readonly silence: { readonly duringMs: number; readonly afterMs: number };
  readonly leapMs: number;
  /** From the end of the fault until a command is answered normally. */
  readonly backAfterMs: number;
}

interface Typed {
  readonly who: Person;
  readonly id: string;
  /** The title, for a /play. */
  readonly track?: string;
}

/** Each title finds exactly one track. */
const tracks = [
  'Harbour Lights',
  'Salt on the Window',
  'Slow Ferry Home',
  'Paper Lighthouse',
  'Glass Winter',
  'Say It in Colour',
  'Borrowed Summer',
  'Second Tram to Nowhere',
  'Copper Wire Dreams',
  'Machines That Hum',
];
const everyMs = 400;
/** How long commands continue to be typed after the end of the fault. */
const afterwardsMs = 4_000;
const settleMs = 90_000;
const backMs = 60_000;
const pattern = /Overnight Express/;

/** Causes a fault while a song plays and members type, and determines the outcome of each command. */
export async function notice(scenario: Scenario, fault: Fault): Promise<Noticed> {
  const { platform, people, guild, tenant } = scenario;
  await scenario.playAnew();
  await using music = listen(platform.sandbox, { guild, bot: tenant.application.bot.id });
  await music.gaps();
  const typed: Typed[] = [];
  const stop = new AbortController();
  // Also if nothing is ever answered again: whoever types on would do so in the cases that follow.
  await using ends = new AsyncDisposableStack();
  ends.defer(() => stop.abort());
  const typing = typeOn(people, typed, stop.signal);
  await delay(everyMs * 2);
  const recover = await fault.strike(scenario);
  await delay(fault.seconds * 1_000);
  const during = await music.gaps();
  await recover();
  const repairedAtMs = Date.now();
  await commandIsAnswered(people);
  const backAfterMs = Date.now() - repairedAtMs;
  await delay(Math.max(0, afterwardsMs - backAfterMs));
  stop.abort();
  await typing;
  const outcomes = await settled(typed);
  const after = await music.gaps();
  return {
    ...judge(typed, outcomes, await scenario.queue()),
    silence: { duringMs: during.silentMs, afterMs: after.silentMs },
    leapMs: Math.abs(during.leapMs) > Math.abs(after.leapMs) ? during.leapMs : after.leapMs,
    backAfterMs,
  };
}

async function typeOn(people: readonly Person[], typed: Typed[], signal: AbortSignal): Promise<void> {
  for (let count = 0; !signal.aborted; count += 1) {
    const who = people[count % people.length];
    if (!who) return;
    const track = count % 5 === 2 ? tracks[(count - 2) / 5] : undefined;
    const id = await (track === undefined ? who.begin('queue') : who.begin('play', { query: track }));
    typed.push({ who, id, ...(track === undefined ? {} : { track }) });
    await delay(everyMs);
  }
}

async function commandIsAnswered(people: readonly Person[]): Promise<void> {
  let asked = people.length;
  await eventually(
    'a command is answered as if nothing had been',
    async () => {
      // From the other end of the list than those who type, to stay within each member's rate limit.
      asked = (asked + people.length - 1) % people.length;
      const who = people[asked];
      if (!who) return false;
      const id = await who.begin('nowplaying');
      const end = Date.now() + 3_000;
      for (;;) {
        const outcome = await who.look(id);
        if (pattern.test(textOf(outcome))) return true;
        if (Date.now() > end || outcome.state === 'failed' || outcome.state === 'answered') return false;
        await delay(50);
      }
    },
    backMs,
  );
}

/** Polls until every command has its final outcome, or will never get one. */
async function settled(typed: readonly Typed[]): Promise<Outcome[]> {
  const end = Date.now() + settleMs;
  for (;;) {
    const outcomes = await Promise.all(typed.map(({ who, id }) => who.look(id)));
    if (outcomes.every(({ state }) => state === 'answered' || state === 'failed') || Date.now() > end) return outcomes;
    await delay(500);
  }
}

function judge(typed: readonly Typed[], outcomes: readonly Outcome[], queue: readonly string[]) {
  let answered = 0;
  let refused = 0;
  let slowestMs = 0;
  const doneThoughFailed: string[] = [];
  const toldButMissing: string[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    const track = typed[index]?.track;
    const there = track !== undefined && queue.includes(track);
    if (outcome.state === 'failed' && there) doneThoughFailed.push(track);
    if (outcome.state !== 'answered') continue;
    const text = textOf(outcome);
    const good = track === undefined ? pattern.test(text) : /^(Added|Playing)/.test(text);
    if (good) answered += 1;
    else refused += 1;
    if (good && track !== undefined && !there) toldButMissing.push(track);
    const { createdAt, answeredAt } = outcome.timings;
    slowestMs = Math.max(slowestMs, (answeredAt ?? createdAt) - createdAt);
  }
  const failed = outcomes.filter(({ state }) => state === 'failed').length;
  return {
    typed: typed.length,
    answered,
    refused,
    failed,
    open: typed.length - answered - refused - failed,
    slowestMs: Math.round(slowestMs),
    doneThoughFailed,
    toldButMissing,
  };
}
