import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import type { OtherEdges } from './other-edges.ts';

/** What GET /gateway/bot returns for an application (Discord: Gateway, Session Start Limit Object). */
export interface SessionStartLimit {
  readonly total: number;
  readonly remaining: number;
  /** Milliseconds until `remaining` is reset to `total`. */
  readonly reset_after: number;
  readonly max_concurrency: number;
}

export interface IdentifyLimits {
  /** Identifies that are never used: after the last one, Discord resets the token. */
  readonly reserve: number;
  /** Discord allows one identify in this time for each of max_concurrency. */
  readonly intervalMs: number;
  /** This many in an hour count as normal; each further one waits twice as long as the one before. */
  readonly normalPerHour: number;
  readonly longestWaitMs: number;
  /** Identifies per second of all applications together. */
  readonly perSecond: number;
}

export const defaultIdentifyLimits: IdentifyLimits = {
  reserve: 50,
  intervalMs: 5_000,
  normalPerHour: 5,
  longestWaitMs: 10 * 60_000,
  perSecond: 20,
};

/** Permission to identify, or how long there will be none. */
export type IdentifyLeave = { readonly granted: true } | { readonly granted: false; readonly resetAfterMs: number };

const hourMs = 60 * 60_000;
const rememberedApplications = 20_000;

/**
 * Hands out IDENTIFYs. Discord counts them per application; the rate at which one machine starts sessions is shared by
 * all, first come, first served, and divided among the edges that run. An application waits for one at a time, so that none can crowd out the others; one
 * that keeps needing new sessions waits longer and longer.
 */
export class Identifies {
  readonly #clock: Clock;
  readonly #others: Pick<OtherEdges, 'running'>;
  readonly #limits: IdentifyLimits;
  readonly #recent = new BoundedMap<string, number[]>(rememberedApplications);
  #nextForAllMs = 0;

  constructor(clock: Clock, others: Pick<OtherEdges, 'running'>, limits: IdentifyLimits = defaultIdentifyLimits) {
    this.#clock = clock;
    this.#others = others;
    this.#limits = limits;
  }

  /** Another edge served this application until now, and may have identified at the last moment. */
  tookOver(applicationId: string): void {
    const now = this.#clock.now();
    this.#recent.set(applicationId, [...this.#recentOf(applicationId), now], now + hourMs);
  }

  /** Resolves when the application may identify. Rejects with the signal's reason if that aborts first. */
  async wait(applicationId: string, limit: SessionStartLimit, signal: AbortSignal): Promise<IdentifyLeave> {
    if (limit.remaining <= this.#limits.reserve) return { granted: false, resetAfterMs: limit.reset_after };
    const recent = this.#recentOf(applicationId);
    const lastMs = recent.at(-1) ?? Number.NEGATIVE_INFINITY;
    await this.#until(lastMs + this.#spacingMs(recent.length, limit.max_concurrency), signal);
    const turnMs = Math.max(this.#clock.now(), this.#nextForAllMs);
    this.#nextForAllMs = turnMs + (1_000 * this.#others.running) / this.#limits.perSecond;
    await this.#until(turnMs, signal);
    const now = this.#clock.now();
    this.#recent.set(applicationId, [...this.#recentOf(applicationId), now], now + hourMs);
    return { granted: true };
  }

  #recentOf(applicationId: string): number[] {
    const now = this.#clock.now();
    return (this.#recent.get(applicationId, now) ?? []).filter((atMs) => now - atMs < hourMs);
  }

  /** Grows with what one application did in the last hour, and so is no backoff of one loop (kernel/backoff.ts). */
  #spacingMs(inLastHour: number, maxConcurrency: number): number {
    if (inLastHour === 0) return 0;
    const spacing = this.#limits.intervalMs / Math.max(1, maxConcurrency);
    const excess = Math.max(0, inLastHour - this.#limits.normalPerHour);
    return Math.min(spacing * 2 ** Math.min(excess, 20), this.#limits.longestWaitMs);
  }

  async #until(atMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const delayMs = atMs - this.#clock.now();
    if (delayMs > 0) await pause(delayMs, this.#clock, signal);
    signal.throwIfAborted();
  }
}
