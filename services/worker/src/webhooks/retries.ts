/** For how long a delivery is attempted, and for how long an endpoint may fail before it is disabled. */
export const givesUpAfterMs = 3 * 24 * 60 * 60_000;

const [second, minute, hour] = [1_000, 60_000, 60 * 60_000];
/** Pauses after the first attempts; after those, the last one again and again. */
const pausesMs = [5 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute, hour, 2 * hour, 4 * hour, 8 * hour];
/** A pause is up to a fifth longer, so that what failed together is not repeated together. */
const jitter = 0.2;

/**
 * When a delivery is attempted again after an attempt that failed; undefined if it is given up. The last attempt is made
 * at the end of the three days.
 * @param attempts made so far
 */
export function nextAttemptAt(
  { attempts, sinceMs, nowMs }: { readonly attempts: number; readonly sinceMs: number; readonly nowMs: number },
  random: () => number = Math.random,
): number | undefined {
  const endMs = sinceMs + givesUpAfterMs;
  if (nowMs >= endMs) return undefined;
  const pauseMs = pausesMs[Math.min(attempts, pausesMs.length) - 1] ?? 0;
  return Math.min(endMs, Math.round(nowMs + pauseMs * (1 + jitter * random())));
}
