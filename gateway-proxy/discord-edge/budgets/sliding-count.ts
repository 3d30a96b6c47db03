import type { Clock } from '#infra/kernel/clock.ts';

/**
 * Counts events of the last `buckets × bucketMs`, forgetting one bucket at a time. It may count an event up to one
 * bucket too long, never too short. Discord's own limit is such a window: a token bucket
 * (infra/kernel/rate-limiter.ts) would forget sooner than Discord does.
 */
export class SlidingCount {
  readonly #clock: Clock;
  readonly #bucketMs: number;
  readonly #buckets: number;
  #counts = new Map<number, number>();

  constructor(clock: Clock, options: { bucketMs: number; buckets: number }) {
    this.#clock = clock;
    this.#bucketMs = options.bucketMs;
    this.#buckets = options.buckets;
  }

  add(): void {
    const bucket = this.#current();
    this.#forget(bucket);
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
  }

  /** The events of each bucket, the current one first. */
  get byAge(): number[] {
    const current = this.#current();
    return Array.from({ length: this.#buckets + 1 }, (_, age) => this.#counts.get(current - age) ?? 0);
  }

  /** Counts what others counted, in place of what it counted before. */
  replace(counts: readonly (readonly number[])[]): void {
    const current = this.#current();
    this.#counts = new Map();
    for (let age = 0; age <= this.#buckets; age += 1) {
      const count = counts.reduce((sum, byAge) => sum + (byAge[age] ?? 0), 0);
      if (count > 0) this.#counts.set(current - age, count);
    }
  }

  get total(): number {
    this.#forget(this.#current());
    let total = 0;
    for (const count of this.#counts.values()) total += count;
    return total;
  }

  /** Milliseconds until the oldest events are forgotten; 0 when there are none. */
  get oldestForgottenInMs(): number {
    this.#forget(this.#current());
    const oldest = Math.min(...this.#counts.keys());
    if (!Number.isFinite(oldest)) return 0;
    return (oldest + this.#buckets + 1) * this.#bucketMs - this.#clock.now();
  }

  #current(): number {
    return Math.floor(this.#clock.now() / this.#bucketMs);
  }

  #forget(current: number): void {
    for (const bucket of this.#counts.keys()) if (bucket < current - this.#buckets) this.#counts.delete(bucket);
  }
}
