import { setTimeout as delay } from 'node:timers/promises';
import type { Audience } from '#test/e2e/audience.ts';
import { textOf } from '#test/e2e/sandbox.ts';

/** What became of all commands that were typed. */
export interface Typed {
  readonly count: number;
  /** From sending to the callback, by the sandbox's clock; sorted. */
  readonly tookMs: readonly number[];
  /** Those that failed, or were answered with anything but what they are for. */
  readonly failures: readonly string[];
}

export interface Typing {
  /** Everybody stops, and what they typed last is answered. */
  stop(): Promise<Typed>;
}

/** Within the rate limits of /queue and /volume for six people. */
const everyMs = 450;
const volumeEvery = 7;
const expected = { queue: /Overnight Express/, volume: /^The volume is/ } as const;

/** Members of several guilds who type one command after the other, all the time. */
export function typeOn(audiences: readonly Audience[]): Typing {
  const stopping = new AbortController();
  const tookMs: number[] = [];
  const failures: string[] = [];
  let count = 0;
  const type = async (person: Audience['people'][number], command: keyof typeof expected, options = {}) => {
    count += 1;
    const outcome = await person.type(command, options);
    const { createdAt, callbackAt } = outcome.timings;
    if (callbackAt !== null) tookMs.push(callbackAt - createdAt);
    if (outcome.state !== 'answered' || !expected[command].test(textOf(outcome)))
      failures.push(
        `${new Date(createdAt).toISOString()} /${command}: ${outcome.state} ${JSON.stringify(outcome.failure)} ${textOf(outcome)}`,
      );
  };
  const typing = audiences.map(async ({ people }) => {
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      const person = people[turn % people.length];
      if (!person) throw new Error('nobody is there');
      const pause = delay(everyMs);
      await type(person, 'queue');
      if (turn % volumeEvery === 0) await type(person, 'volume', { percent: 40 + (turn % 60) });
      await pause;
    }
  });
  const all = Promise.all(typing);
  all.catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      await all;
      return { count, tookMs: tookMs.toSorted((one, other) => one - other), failures };
    },
  };
}
