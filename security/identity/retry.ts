import { setTimeout as delay } from 'node:timers/promises';
import { Backoff } from '#infra/kernel/backoff.ts';
import { BailiwickError } from '#infra/kernel/errors.ts';

export interface RetryOptions {
  /** No attempt starts later than this after the first one. */
  readonly withinMs: number;
  readonly firstDelayMs?: number;
  readonly maxDelayMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly isTransient?: (error: unknown) => boolean;
}

/** True for a fault of the platform or of an upstream: the same request may succeed in a moment. */
const isTransientFault = (error: unknown): boolean => error instanceof BailiwickError && error.status >= 500;

/**
 * Retries transient failures with jittered exponential backoff, so that a restart of the token service goes unnoticed.
 * When the time is over, the last error is thrown. It waits in real time, since a starting process has nothing else that
 * keeps it alive, which a Clock's timers do not.
 */
export async function retry<Result>(operation: () => Promise<Result>, options: RetryOptions): Promise<Result> {
  const { withinMs, firstDelayMs = 50, maxDelayMs = 1_000, signal, isTransient = isTransientFault } = options;
  const endMs = performance.now() + withinMs;
  const backoff = new Backoff({ minMs: firstDelayMs, maxMs: maxDelayMs });
  for (;;) {
    try {
      return await operation();
    } catch (error) {
      const pauseMs = backoff.nextMs();
      if (!isTransient(error) || performance.now() + pauseMs > endMs) throw error;
      // Aborted while waiting: the fault stands.
      await delay(pauseMs, undefined, signal ? { signal } : {}).catch(() => {
        throw error;
      });
    }
  }
}
