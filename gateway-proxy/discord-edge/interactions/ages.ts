import type { Clock } from '#infra/kernel/clock.ts';
import { madeAtMs } from './interaction.ts';

const windowMs = 10 * 60_000;

/**
 * How old interactions are by Discord's clock, which an id tells, and which may not agree with ours. The smallest age
 * of an interaction that Discord still took an answer to is the difference of the clocks; before there is one they are
 * held to agree.
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

  /** Discord took an answer to an interaction that came in at this time of ours: it was younger than 3 s. */
  answerable(id: string, receivedAtMs: number): void {
    const now = this.#clock.now();
    if (now - this.#sinceMs >= windowMs) {
      this.#smallestBefore = this.#smallest;
      this.#smallest = Number.POSITIVE_INFINITY;
      this.#sinceMs = now;
    }
    this.#smallest = Math.min(this.#smallest, receivedAtMs - madeAtMs(id));
  }

  /** By our clock alone; 0 for what is no snowflake. */
  #seen(id: string): number {
    const madeMs = madeAtMs(id);
    return madeMs === 0 ? 0 : this.#clock.now() - madeMs;
  }
}
