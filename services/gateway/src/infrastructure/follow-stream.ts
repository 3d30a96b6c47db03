import type { Clock } from '#infra/kernel/clock.ts';
import { backoffDelayMs } from '#infra/kernel/backoff.ts';

/** A restarted part is back within seconds, and a member waits for what comes over the stream. */
const reconnectBackoff = { minMs: 200, maxMs: 3_000 };

export interface FollowOptions {
  /** Opens the stream again. */
  readonly open: () => AsyncIterable<unknown>;
  readonly handle: (value: unknown) => void;
  /** The stream ended or broke; it is reopened after `retryInMs`. */
  readonly lost: (error: unknown, retryInMs: number) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Reads a stream until aborted; reopens it with backoff whenever it ends. A received value resets the backoff. */
export async function followStream(options: FollowOptions): Promise<void> {
  const { open, handle, lost, clock, signal } = options;
  let attempt = 0;
  while (!signal.aborted) {
    let reason: unknown;
    try {
      for await (const value of open()) {
        attempt = 0;
        handle(value);
      }
    } catch (error) {
      reason = error;
    }
    if (signal.aborted) return;
    const delayMs = backoffDelayMs(attempt, reconnectBackoff);
    attempt += 1;
    lost(reason, delayMs);
    await pause(delayMs, clock, signal);
  }
}

/** Waits for the time or the abort; never throws. */
export const pause = (delayMs: number, clock: Clock, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const cancel = clock.after(delayMs, () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    const stop = () => {
      cancel();
      resolve();
    };
    signal.addEventListener('abort', stop, { once: true });
  });
