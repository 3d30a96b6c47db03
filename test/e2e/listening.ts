import { setTimeout as delay } from 'node:timers/promises';
import type { NodePlayer, Sandbox } from './sandbox.ts';

/** One sample of a player: what a listener hears at that moment. */
interface Heard {
  readonly atMs: number;
  readonly player: NodePlayer | undefined;
}

/** Watches the music and describes what was wrong with it, if anything. */
export interface Listening extends AsyncDisposable {
  /** Waits for one more sample and reports the faults since the last call; empty if there were none. */
  faults(): Promise<string[]>;
  /** Waits for one more sample and sums up the gaps since the last call. */
  gaps(): Promise<Gaps>;
}

/** What was missing from the music. */
export interface Gaps {
  /** How long there was silence although there should have been sound. */
  readonly silentMs: number;
  /** The largest jump in the track while there was sound, backward (negative) or forward. */
  readonly leapMs: number;
}

const everyMs = 100;
/** Sampling takes time on a busy machine: positions off by less than this do not count as gaps. */
const toleranceMs = 400;

/** Samples a bot's player continuously: is it connected, and does the same track advance in real time? */
export function listen(sandbox: Sandbox, who: { guild: string; bot: string }): Listening {
  const stopping = new AbortController();
  let heard: Heard[] = [];
  let next = Promise.withResolvers<void>();
  const look = async (): Promise<void> => {
    const beforeMs = performance.now();
    const players = await sandbox.players();
    const atMs = (beforeMs + performance.now()) / 2;
    const player = players.find(({ guildId, userId }) => guildId === who.guild && userId === who.bot);
    heard.push({ atMs, player });
    next.resolve();
    next = Promise.withResolvers();
  };
  const listening = (async () => {
    while (!stopping.signal.aborted) {
      await look();
      await delay(everyMs);
    }
  })();
  // Reported to callers of faults(), and on disposal.
  listening.catch((error: unknown) => next.reject(error));
  return {
    async faults() {
      await next.promise;
      const faults = compare(heard);
      heard = heard.slice(-1);
      return faults;
    },
    async gaps() {
      await next.promise;
      const gaps = sumUp(heard);
      heard = heard.slice(-1);
      return gaps;
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await listening;
    },
  };
}

const sounds = (player: NodePlayer | undefined): player is NodePlayer =>
  player?.title !== undefined && player.title !== null && player.connected && !player.paused;

function sumUp(heard: readonly Heard[]): Gaps {
  let silentMs = 0;
  let leapMs = 0;
  for (const [index, { atMs, player }] of heard.entries()) {
    const before = heard[index - 1];
    if (!before) continue;
    const passed = atMs - before.atMs;
    if (!sounds(player) || !sounds(before.player)) {
      silentMs += passed;
      continue;
    }
    const leap = player.positionMs - before.player.positionMs - passed;
    // A node that freezes the position while no sound flows reveals it by standing still.
    if (player.positionMs === before.player.positionMs) silentMs += passed;
    else if (player.title === before.player.title && Math.abs(leap) > Math.abs(leapMs)) leapMs = leap;
  }
  return { silentMs: Math.round(silentMs), leapMs: Math.abs(leapMs) > toleranceMs ? Math.round(leapMs) : 0 };
}

function compare(heard: readonly Heard[]): string[] {
  const faults = new Set<string>();
  for (const [index, { atMs, player }] of heard.entries()) {
    if (!player?.title) faults.add('nothing plays');
    else if (!player.connected) faults.add('the voice connection is gone');
    else if (player.paused) faults.add('it is paused');
    const before = heard[index - 1];
    if (!before?.player || !player) continue;
    if (before.player.title !== player.title) faults.add(`${before.player.title} became ${player.title}`);
    const went = player.positionMs - before.player.positionMs;
    const passed = atMs - before.atMs;
    if (Math.abs(went - passed) > toleranceMs) {
      faults.add(`in ${Math.round(passed)} ms it went on by ${Math.round(went)} ms`);
    }
  }
  return [...faults];
}
