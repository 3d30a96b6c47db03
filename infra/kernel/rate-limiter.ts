import { BoundedMap } from './bounded-map.ts';

export interface Rate {
  /** Sustained. */
  readonly perSec: number;
  /** How many may come at once. */
  readonly burst: number;
}

/**
 * A token bucket stored as one number: when it would be full again (the generic cell rate algorithm, ITU-T I.371).
 * Milliseconds.
 */
class Cell {
  readonly #intervalMs: number;
  readonly #toleranceMs: number;

  constructor({ perSec, burst }: Rate) {
    this.#intervalMs = 1000 / perSec;
    this.#toleranceMs = this.#intervalMs * (burst - 1);
  }

  /** How long until there is a token; 0 or less if there is one now. */
  waitMs(fullAtMs: number, nowMs: number): number {
    return fullAtMs - nowMs - this.#toleranceMs;
  }

  /** When it is full again if one is taken now. */
  taken(fullAtMs: number, nowMs: number): number {
    return Math.max(fullAtMs, nowMs) + this.#intervalMs;
  }
}

/** Below this a wait is a rounding error of the times. */
const roundingMs = 1e-6;

/** Limits how often one thing may be done. */
export class TokenBucket {
  readonly #cell: Cell;
  readonly #nowMs: () => number;
  #fullAtMs = Number.NEGATIVE_INFINITY;

  /** The time is monotonic by default. */
  constructor(rate: Rate, nowMs = () => performance.now()) {
    this.#cell = new Cell(rate);
    this.#nowMs = nowMs;
  }

  /** False if there is no token for now; nothing is taken then. */
  take(): boolean {
    const nowMs = this.#nowMs();
    if (this.#cell.waitMs(this.#fullAtMs, nowMs) > roundingMs) return false;
    this.#fullAtMs = this.#cell.taken(this.#fullAtMs, nowMs);
    return true;
  }

  /** Takes a token that there may only be later; returns the milliseconds until then, 0 if there is one now. */
  reserve(): number {
    const nowMs = this.#nowMs();
    const waitMs = this.#cell.waitMs(this.#fullAtMs, nowMs);
    this.#fullAtMs = this.#cell.taken(this.#fullAtMs, nowMs);
    return Math.max(0, waitMs);
  }
}

/** A token bucket per key. Keys whose buckets are full are dropped in order. */
export class RateLimiter {
  /** The rate as reported to callers: the number per window equals the burst. */
  readonly quota: number;
  readonly windowSec: number;
  readonly #cell: Cell;
  readonly #keys: BoundedMap<string, { fullAtMs: number }>;

  constructor(rate: Rate, maxKeys: number) {
    this.quota = rate.burst;
    this.windowSec = Math.max(1, Math.ceil(rate.burst / rate.perSec));
    this.#cell = new Cell(rate);
    this.#keys = new BoundedMap(maxKeys);
  }

  /** 0 if a token was taken; otherwise the milliseconds until there is one, and nothing is taken. */
  take(key: string, nowMs: number): number {
    const known = this.#keys.get(key, nowMs);
    if (!known) {
      this.#keys.set(key, { fullAtMs: this.#cell.taken(nowMs, nowMs) });
      return 0;
    }
    const waitMs = this.#cell.waitMs(known.fullAtMs, nowMs);
    if (waitMs > roundingMs) return waitMs;
    known.fullAtMs = this.#cell.taken(known.fullAtMs, nowMs);
    return 0;
  }

  /** Learns when a key's bucket is full again, since others take from it too. It is never full earlier than known. */
  owe(key: string, fullAtMs: number, nowMs: number): void {
    const known = this.#keys.get(key, nowMs);
    if (!known) this.#keys.set(key, { fullAtMs });
    else if (known.fullAtMs < fullAtMs) known.fullAtMs = fullAtMs;
  }

  /** Like `take`, without taking anything. */
  wait(key: string, nowMs: number): number {
    const known = this.#keys.get(key, nowMs);
    return known ? Math.max(0, this.#cell.waitMs(known.fullAtMs, nowMs)) : 0;
  }
}
