import { setLongTimeout } from './long-timer.ts';

/** Time and timers, passed in so that a test can control them. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs once after `delayMs`; the returned function cancels. Real timers do not keep the process alive. */
  after(delayMs: number, run: () => void): () => void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, run) => setLongTimeout(run, delayMs),
};

/** Waits for the time or the abort, whichever is first; never throws. */
export async function pause(delayMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = () => resolve();
  signal.addEventListener('abort', stop, { once: true });
  const cancel = clock.after(delayMs, resolve);
  await promise;
  cancel();
  signal.removeEventListener('abort', stop);
}

/** A clock that moves only when told; timers fire in order of their due time. */
export class FakeClock implements Clock {
  #now: number;
  #timers: { dueMs: number; run: () => void }[] = [];

  constructor(nowMs = Date.UTC(2026, 0, 1)) {
    this.#now = nowMs;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { dueMs: this.#now + delayMs, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** When each timer is due, in milliseconds, for a test that has to know that one is set. */
  dueInMs(): number[] {
    return this.#timers.map(({ dueMs }) => dueMs - this.#now);
  }

  advance(byMs: number): void {
    const end = this.#now + byMs;
    for (;;) {
      const due = this.#timers.filter((timer) => timer.dueMs <= end).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#now = due.dueMs;
      due.run();
    }
    this.#now = end;
  }
}
