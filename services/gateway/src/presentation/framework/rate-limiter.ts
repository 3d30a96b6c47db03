import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Command, Invocation } from './command.ts';

const maxKeys = 10_000;

/**
 * Counts uses in a sliding window, per command and member or guild: what a command declares holds exactly, where a token
 * bucket (infra/kernel/rate-limiter.ts) would let through up to twice as many.
 */
export interface RateLimiter {
  /** 0 if it may run now, which counts as a use; otherwise the seconds to wait. */
  take(command: Pick<Command, 'name' | 'rateLimit'>, invocation: Pick<Invocation<unknown>, 'guild' | 'user'>): number;
}

export function createRateLimiter(clock: Clock): RateLimiter {
  const uses = new BoundedMap<string, readonly number[]>(maxKeys);
  return {
    take({ name, rateLimit }, { guild, user }) {
      const key = `${name}/${guild}/${rateLimit.per === 'user' ? user : ''}`;
      const now = clock.now();
      const windowMs = rateLimit.windowSec * 1000;
      const recent = (uses.get(key, now) ?? []).filter((at) => at > now - windowMs);
      const oldest = recent[0];
      if (oldest !== undefined && recent.length >= rateLimit.uses) return Math.ceil((oldest + windowMs - now) / 1000);
      uses.set(key, [...recent, now], now + windowMs);
      return 0;
    },
  };
}
