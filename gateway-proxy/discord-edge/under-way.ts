import { pause, type Clock } from '#infra/kernel/clock.ts';

/** Calls in progress, for which a hand-over waits. */
export class UnderWay {
  readonly #clock: Clock;
  #count = 0;
  #ended = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async count<Result>(call: () => Promise<Result>): Promise<Result> {
    this.#count += 1;
    try {
      return await call();
    } finally {
      this.#count -= 1;
      if (this.#count === 0) {
        this.#ended.abort();
        this.#ended = new AbortController();
      }
    }
  }

  /** Resolves when there is none, or after this time. */
  async none(withinMs: number): Promise<void> {
    if (this.#count > 0) await pause(withinMs, this.#clock, this.#ended.signal);
  }
}
