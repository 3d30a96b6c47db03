import { setLongTimeout } from '#infra/kernel/long-timer.ts';

/** A scheduled call that can be cancelled. */
export interface Timer {
  cancel(): void;
}

/** The sandbox's source of time, so that a test can let 15 minutes pass at once. Times are Unix milliseconds. */
export interface Clock {
  now(): number;
  after(delayMs: number, run: () => void): Timer;
}

/** The real time. Its timers do not keep a process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, run) => ({ cancel: setLongTimeout(run, delayMs) }),
};

/** A clock that moves only when told to; due timers run in order of their time while it moves. */
export class ManualClock implements Clock {
  #now: number;
  readonly #timers = new Set<{ at: number; run: () => void }>();

  constructor(startMs: number = Date.now()) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): Timer {
    const timer = { at: this.#now + delayMs, run };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** The number of scheduled calls. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Advances the time, running what becomes due on the way. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.run();
    }
    this.#now = end;
  }
}
