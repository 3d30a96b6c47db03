import { BoundedMap } from '#infra/kernel/bounded-map.ts';

export interface Rate {
  /** Sustained. */
  readonly perSec: number;
  /** How many may come at once. */
  readonly burst: number;
}

/**
 * A token bucket per key, stored as one number: when it would be full again (the generic cell rate algorithm, ITU-T
 * I.371). Keys whose buckets are full are dropped in order.
 */
export class RateLimiter {
  /** The rate as reported to callers: the number per window equals the burst. */
  readonly quota: number;
  readonly windowSec: number;
  readonly #intervalMs: number;
  readonly #toleranceMs: number;
  readonly #cells: BoundedMap<string, { fullAtMs: number }>;

  constructor(rate: Rate, maxKeys: number) {
    this.quota = rate.burst;
    this.windowSec = Math.max(1, Math.ceil(rate.burst / rate.perSec));
    this.#intervalMs = 1000 / rate.perSec;
    this.#toleranceMs = this.#intervalMs * (rate.burst - 1);
    this.#cells = new BoundedMap(maxKeys);
  }

  /** 0 if a token was taken; otherwise the milliseconds until there is one, and nothing is taken. */
  take(key: string, nowMs: number): number {
    const cell = this.#cells.get(key, nowMs);
    if (!cell) {
      this.#cells.set(key, { fullAtMs: nowMs + this.#intervalMs });
      return 0;
    }
    const waitMs = cell.fullAtMs - nowMs - this.#toleranceMs;
    if (waitMs > 1e-6) return waitMs;
    cell.fullAtMs = Math.max(cell.fullAtMs, nowMs) + this.#intervalMs;
    return 0;
  }

  /** Like `take`, without taking anything. */
  wait(key: string, nowMs: number): number {
    const cell = this.#cells.get(key, nowMs);
    return cell ? Math.max(0, cell.fullAtMs - nowMs - this.#toleranceMs) : 0;
  }
}
