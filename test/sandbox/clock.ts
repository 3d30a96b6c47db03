import { setLongTimeout } from '#infra/kernel/long-timer.ts';

/** A scheduled run that can be cancelled. */
export interface Timer {
  cancel(): void;
}

/** The sandbox's source of time, so that a test can let 15 minutes pass instantly. Times are Unix milliseconds. */
export interface Clock {
  now(): number;
  after(delayMs: number, run: () => void): Timer;
}

/** The real time. Its timers do not keep a process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, run) => ({ cancel: setLongTimeout(run, delayMs) }),
};

/** A clock that moves only on request; timers that fall due run in chronological order as it moves. */
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

  /** Number of pending timers. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves the time forward, running what falls due on the way. */
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
