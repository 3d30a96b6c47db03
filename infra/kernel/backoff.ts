/** Milliseconds between attempts: the first wait, and the longest. */
export interface BackoffRange {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * How long to wait before the next attempt: doubles from `minMs` to `maxMs`, with jitter over the upper half, so that
 * many callers that failed together do not come back together. Milliseconds; `attempt` counts from 0.
 */
export function backoffDelayMs(attempt: number, { minMs, maxMs }: BackoffRange, random = Math.random): number {
  const ceilingMs = Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30));
  return Math.round(ceilingMs / 2 + (ceilingMs / 2) * random());
}

/** The waits of one loop that starts over after each success. */
export class Backoff {
  readonly #range: BackoffRange;
  #attempt = 0;

  constructor(range: BackoffRange) {
    this.#range = range;
  }

  /** Milliseconds to wait before the next attempt; longer each time. */
  nextMs(): number {
    const delayMs = backoffDelayMs(this.#attempt, this.#range);
    this.#attempt += 1;
    return delayMs;
  }

  reset(): void {
    this.#attempt = 0;
  }
}
