/** Limits how often something may be done. */
export interface Budget {
  /** False if it is used up for now; nothing is taken then. */
  take(): boolean;
}

/** A token bucket over the monotonic clock: `burst` at once, and `perSecond` more each second. */
export function createBudget(
  limits: { readonly burst: number; readonly perSecond: number },
  nowMs = () => performance.now(),
): Budget {
  let tokens = limits.burst;
  let updatedMs = nowMs();
  return {
    take(): boolean {
      const now = nowMs();
      tokens = Math.min(limits.burst, tokens + ((now - updatedMs) / 1_000) * limits.perSecond);
      updatedMs = now;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
