import type { Clock } from '#infra/kernel/clock.ts';

/** How long quick reads have their own connections after one of them was not answered in time. */
const pauseMs = 30_000;

/**
 * Whether quick reads of an upstream may share connections now. One without an answer delays those behind it; an
 * upstream that was slow once may be slow again, and should not delay others each time.
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
