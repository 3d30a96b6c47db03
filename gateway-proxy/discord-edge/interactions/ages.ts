import type { Clock } from '#infra/kernel/clock.ts';
import { madeAtMs } from './interaction.ts';

const windowMs = 10 * 60_000;

/**
 * The age of interactions by Discord's clock, which their ids carry and which may differ from ours. The smallest age of
 * an interaction that Discord still accepted an answer to is the difference between the clocks; until there is one,
 * they are assumed to agree.
 */
export class Ages {
  readonly #clock: Clock;
  #sinceMs: number;
  #smallest = Number.POSITIVE_INFINITY;
  #smallestBefore = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sinceMs = clock.now();
  }

  /** Milliseconds since Discord made this interaction. */
  of(id: string): number {
    const seen = this.#seen(id);
    const smallest = Math.min(this.#smallest, this.#smallestBefore);
    return Math.max(0, seen - (Number.isFinite(smallest) ? smallest : Math.min(0, seen)));
  }

  /**
   * Discord accepted an answer to an interaction that arrived at this time by our clock, so it was younger than 3 s.
   */
  answerable(id: string, receivedAtMs: number): void {
    const now = this.#clock.now();
    if (now - this.#sinceMs >= windowMs) {
      this.#smallestBefore = this.#smallest;
      this.#smallest = Number.POSITIVE_INFINITY;
      this.#sinceMs = now;
    }
    this.#smallest = Math.min(this.#smallest, receivedAtMs - madeAtMs(id));
  }

  /** By our clock only; 0 for anything that is not a snowflake. */
  #seen(id: string): number {
    const madeMs = madeAtMs(id);
    return madeMs === 0 ? 0 : this.#clock.now() - madeMs;
  }
}
