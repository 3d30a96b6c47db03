import type { Clock } from '#infra/kernel/clock.ts';
import { pause } from './follow-stream.ts';

/** `burst` at once, and `perSec` per second in the long run. */
export interface Rate {
  readonly perSec: number;
  readonly burst: number;
}

/** Resolves when it is this caller's turn, or when aborted; first come, first served. */
export function createPace({ perSec, burst }: Rate, clock: Clock): (signal: AbortSignal) => Promise<void> {
  const intervalMs = 1_000 / perSec;
  /** When the whole burst is available again. */
  let fullAtMs = clock.now();
  return async (signal) => {
    const nowMs = clock.now();
    // A clock that was set back must not delay anybody for longer than a burst takes to refill.
    fullAtMs = Math.min(Math.max(fullAtMs, nowMs), nowMs + intervalMs * burst * 2) + intervalMs;
    const waitMs = fullAtMs - nowMs - intervalMs * burst;
    if (waitMs > 0) await pause(waitMs, clock, signal);
  };
}
