import type { Clock } from '#infra/kernel/clock.ts';
import { SlidingCount } from './sliding-count.ts';

/** Events of the last ten minutes, as Discord counts refused requests. */
export const window = { bucketMs: 60_000, buckets: 10 };
export const windowMs = window.bucketMs * (window.buckets + 1);

/** What was heard longer ago than this says nothing about now. */
const heardForMs = 3_000;

/**
 * What an edge knows of the others that call Discord from the same address. An edge that shares nothing knows
 * nothing, unless it is the only one.
 */
export class OtherEdges {
  readonly #clock: Clock;
  readonly #refused: SlidingCount;
  /** How many edges there can be. */
  readonly most: number;
  /** Whether they tell each other what they do. */
  readonly tells: boolean;
  #running = 0;
  #heardAtMs = Number.NEGATIVE_INFINITY;
  #blockedAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, { edges, tells }: { readonly edges: number; readonly tells: boolean }) {
    this.#clock = clock;
    this.#refused = new SlidingCount(clock, window);
    this.most = edges;
    this.tells = tells;
  }

  /** @param refused what each has counted lately, by age @param running how many others run @param blocked Discord refuses one of them */
  hear({ refused, running, blocked }: { refused: readonly (readonly number[])[]; running: number; blocked: boolean }) {
    this.#heardAtMs = this.#clock.now();
    this.#refused.replace(refused);
    this.#running = Math.min(running, this.most - 1);
    if (blocked) this.#blockedAtMs = this.#heardAtMs;
  }

  /** Whether all that they did is known, but for the last second. */
  get known(): boolean {
    return this.most === 1 || this.#clock.now() - this.#heardAtMs <= heardForMs;
  }

  /** How many edges have to share, this one among them. */
  get running(): number {
    return this.known ? this.#running + 1 : this.most;
  }

  /** Refused requests of the others, as far as they are known. */
  get refused(): SlidingCount {
    return this.#refused;
  }

  /** How long another edge is known to be refused by Discord, in milliseconds. */
  get blockedForMs(): number {
    return Math.max(0, this.#blockedAtMs + heardForMs - this.#clock.now());
  }
}
