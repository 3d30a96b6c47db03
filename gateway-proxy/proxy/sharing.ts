import type { Clock } from '#infra/kernel/clock.ts';

/** So long quick reads have connections of their own after one of them was not answered in time. */
const pauseMs = 30_000;

/**
 * Whether quick reads of an upstream may share connections now. One that is not answered holds up those behind it;
 * whoever is slow once may be slow again, and is not to hold others up each time.
 */
export class Sharing {
  readonly #clock: Clock;
  #fromMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get allowed(): boolean {
    return this.#clock.now() >= this.#fromMs;
  }

  /** A read was not answered in time. */
  pause(): void {
    this.#fromMs = this.#clock.now() + pauseMs;
  }
}
