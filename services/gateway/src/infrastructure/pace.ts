import { pause, type Clock } from '#infra/kernel/clock.ts';
import type { TokenBucket } from '#infra/kernel/rate-limiter.ts';

/** Resolves when it is this caller's turn, or when aborted; first come, first served. */
export const createPace =
  (bucket: TokenBucket, clock: Clock) =>
  async (signal: AbortSignal): Promise<void> => {
    const waitMs = bucket.reserve();
    if (waitMs > 0) await pause(waitMs, clock, signal);
  };
