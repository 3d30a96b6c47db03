import { Backoff, type BackoffRange } from '#infra/kernel/backoff.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { HealthCheck } from '#infra/observability/health.ts';

/** What keeps a follower of events from handling them: since when, and how long to wait before the next attempt. */
export class Interruption {
  readonly #backoff: Backoff;
  readonly #clock: Clock;
  #sinceMs: number | undefined;

  constructor(pauses: BackoffRange, clock: Clock) {
    this.#backoff = new Backoff(pauses);
    this.#clock = clock;
  }

  /** An attempt succeeded. */
  over(): void {
    this.#sinceMs = undefined;
    this.#backoff.reset();
  }

  /** An attempt failed. @returns milliseconds to wait before the next one */
  failed(): number {
    this.#sinceMs ??= this.#clock.now();
    return this.#backoff.nextMs();
  }

  /** Degraded while it lasts. */
  readonly health: HealthCheck = () =>
    this.#sinceMs === undefined
      ? { status: 'healthy' }
      : { status: 'degraded', detail: `events wait since ${new Date(this.#sinceMs).toISOString()}` };
}
