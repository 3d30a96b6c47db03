import { Backoff, type BackoffRange } from '#infra/kernel/backoff.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';

/** A part that was restarted or taken over is back within four seconds, and people wait for what comes over the stream. */
const withinSeconds: BackoffRange = { minMs: 200, maxMs: 1_500 };

export interface FollowOptions<Value> {
  /** Opens the stream, at first and whenever it has ended. */
  readonly open: () => AsyncIterable<Value>;
  /** What it throws breaks the stream. */
  readonly handle: (value: Value) => void;
  /** The stream broke, or ended (`error` is undefined then); it is opened again after `retryInMs`. */
  readonly lost: (error: unknown, retryInMs: number) => void;
  /** Of the attempts to open it again. */
  readonly retry?: BackoffRange;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Reads a stream until aborted; reopens it with backoff whenever it ends. A handled value resets the backoff. */
export async function followStream<Value>(options: FollowOptions<Value>): Promise<void> {
  const { open, handle, lost, retry = withinSeconds, clock, signal } = options;
  const backoff = new Backoff(retry);
  while (!signal.aborted) {
    let reason: unknown;
    try {
      for await (const value of open()) {
        handle(value);
        backoff.reset();
      }
    } catch (error) {
      reason = error;
    }
    if (signal.aborted) return;
    const delayMs = backoff.nextMs();
    lost(reason, delayMs);
    await pause(delayMs, clock, signal);
  }
}
