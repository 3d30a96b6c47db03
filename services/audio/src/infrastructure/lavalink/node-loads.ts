import type { Clock } from '#infra/kernel/clock.ts';
import { amountOf, objectOf } from './node-values.ts';

interface Load {
  /** As last reported; nodes report every minute. */
  readonly reported: number;
  /** Players given to it since then, which it has not reported yet. */
  given: number;
}

/** Of frames: they are of the players of the session that reports them, and other sessions know nothing of them. */
interface Frames {
  readonly penalty: number;
  readonly untilMs: number;
}

/** The frames of a minute at 20 ms each (Lavalink docs/api/websocket.md, "Frame Stats"). */
const framesPerMinute = 3_000;
/** Two reports: the frames of a node that has no players of ours any more are forgotten. */
const framesCountForMs = 120_000;

/**
 * How much each node has to do, as penalties in the usual measure of Lavalink clients: a playing player is 1, and a busy
 * processor or missing frames weigh exponentially more. What a node reports is up to a minute old: what it has been given
 * since counts too, so that the players of a lost node do not all go to the one that was idle a minute ago.
 */
export class NodeLoads {
  readonly #clock: Clock;
  readonly #loads = new Map<string, Load>();
  readonly #frames = new Map<string, Frames>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A node's `stats` message. */
  note(node: string, stats: unknown): void {
    const { playingPlayers, cpu, frameStats } = objectOf(stats);
    const systemLoad = Math.min(amountOf(objectOf(cpu)['systemLoad']), 1);
    this.#loads.set(node, { reported: amountOf(playingPlayers) + 10 * (1.05 ** (100 * systemLoad) - 1), given: 0 });
    const frames = objectOf(frameStats);
    if (Object.keys(frames).length === 0) return;
    const penalty = lacking(frames['deficit'], 600) + 2 * lacking(frames['nulled'], 300);
    this.#frames.set(node, { penalty, untilMs: this.#clock.now() + framesCountForMs });
  }

  /** A player has been given to this node. */
  given(node: string): void {
    const load = this.#loads.get(node);
    if (load) load.given += 1;
    else this.#loads.set(node, { reported: 0, given: 1 });
  }

  /** The lower, the sooner it gets the next player. */
  penaltyOf(node: string): number {
    const load = this.#loads.get(node);
    const frames = this.#frames.get(node);
    const ofFrames = frames && this.#clock.now() < frames.untilMs ? frames.penalty : 0;
    return (load ? load.reported + load.given : 0) + ofFrames;
  }

  /** Forgets the nodes that are not kept. */
  keep(isKept: (node: string) => boolean): void {
    for (const known of [this.#loads, this.#frames])
      for (const node of known.keys()) if (!isKept(node)) known.delete(node);
  }
}

const lacking = (frames: unknown, weight: number): number =>
  weight * (1.03 ** (500 * (Math.min(amountOf(frames), framesPerMinute) / framesPerMinute)) - 1);
