import { RateLimiter, type Rate } from '#infra/kernel/rate-limiter.ts';

/** Keys between two reconciliations; more are not shared. */
const maxCounted = 10_000;

/** A rate that this process limits by itself, and of which it knows how much others do not know of yet. */
export class CountedRate extends RateLimiter {
  readonly rate: Rate;
  /** Tokens taken since they were last counted, by key; only once somebody counts. */
  #taken: Map<string, number> | undefined;

  constructor(rate: Rate, maxKeys: number) {
    super(rate, maxKeys);
    this.rate = rate;
  }

  override take(key: string, nowMs: number): number {
    const waitMs = super.take(key, nowMs);
    const taken = this.#taken;
    if (taken && waitMs === 0) {
      const known = taken.get(key);
      if (known !== undefined || taken.size < maxCounted) taken.set(key, (known ?? 0) + 1);
    }
    return waitMs;
  }

  /** What was taken of each key since the last call; counting begins with the first. */
  count(): ReadonlyMap<string, number> {
    const counted = this.#taken ?? new Map<string, number>();
    this.#taken = new Map();
    return counted;
  }

  /** Learns in how many milliseconds a key's bucket is full again, without what was taken since the last count. */
  learn(key: string, fullInMs: number, nowMs: number): void {
    const sinceMs = ((this.#taken?.get(key) ?? 0) * 1000) / this.rate.perSec;
    this.owe(key, nowMs + fullInMs + sinceMs, nowMs);
  }
}
