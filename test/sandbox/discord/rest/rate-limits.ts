import { createHash } from 'node:crypto';
import type { Limits } from '../../limits.ts';

/** A number of requests per period. */
export interface BucketRule {
  limit: number;
  perMs: number;
}

interface Window {
  startedAt: number;
  used: number;
  rule: BucketRule;
}

/** Whether a request may proceed, and the headers of its bucket. Times in milliseconds. */
export type RateVerdict =
  | { allowed: true; headers: Record<string, string> }
  | { allowed: false; headers: Record<string, string>; retryAfterMs: number; global: boolean };

const invalidWindowMs = 600_000;
const mostWindows = 20_000;

/**
 * Discord's REST limits (Discord: Rate Limits): a bucket per route and major parameter, 50 requests a second per bot,
 * and a count of refused requests per address. The figures of individual buckets are not published; these are close to
 * what bots see.
 */
export class RateLimits {
  readonly #limits: Limits;
  readonly #windows = new Map<string, Window>();
  readonly #invalid = new Map<string, Window>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Consumes one request. `major` is what Discord counts separately: the channel, guild or webhook, of one bot. */
  take(request: { caller: string; route: string; major: string; rule: BucketRule; exempt: boolean; now: number }) {
    if (!request.exempt) {
      const refused = this.#takeGlobal(request.caller, request.now);
      if (refused) return refused;
    }
    return this.#takeBucket(request);
  }

  #takeGlobal(caller: string, now: number): RateVerdict | undefined {
    const rule = { limit: this.#limits.globalPerSecond, perMs: 1_000 };
    const window = this.#window(this.#windows, `global ${caller}`, rule, now);
    if (window.used < rule.limit) {
      window.used += 1;
      return undefined;
    }
    const retryAfterMs = window.startedAt + rule.perMs - now;
    const headers = { 'x-ratelimit-global': 'true', 'x-ratelimit-scope': 'global' };
    return { allowed: false, headers: { ...headers, ...retryAfter(retryAfterMs) }, retryAfterMs, global: true };
  }

  #takeBucket(request: { caller: string; route: string; major: string; rule: BucketRule; now: number }): RateVerdict {
    const { rule, now } = request;
    const window = this.#window(this.#windows, `${request.caller} ${request.route} ${request.major}`, rule, now);
    const allowed = window.used < rule.limit;
    if (allowed) window.used += 1;
    const leftMs = window.startedAt + rule.perMs - now;
    const headers = {
      'x-ratelimit-limit': String(rule.limit),
      'x-ratelimit-remaining': String(rule.limit - window.used),
      'x-ratelimit-reset': ((now + leftMs) / 1_000).toFixed(3),
      'x-ratelimit-reset-after': (leftMs / 1_000).toFixed(3),
      'x-ratelimit-bucket': createHash('sha256').update(request.route).digest('hex').slice(0, 32),
    };
    if (allowed) return { allowed, headers };
    const refusal = { ...headers, ...retryAfter(leftMs), 'x-ratelimit-scope': 'user' };
    return { allowed, headers: refusal, retryAfterMs: leftMs, global: false };
  }

  /** Counts a response of 401, 403 or 429 against an address. */
  countInvalid(address: string, now: number): void {
    this.#window(this.#invalid, address, { limit: this.#limits.invalidRequests, perMs: invalidWindowMs }, now).used +=
      1;
  }

  /** How many such responses an address got in the current 10 minutes. */
  invalidCount(address: string, now: number): number {
    const window = this.#invalid.get(address);
    return window && now - window.startedAt < invalidWindowMs ? window.used : 0;
  }

  /** Milliseconds for which an address remains blocked, or 0. */
  shutOutMs(address: string, now: number): number {
    if (this.invalidCount(address, now) < this.#limits.invalidRequests) return 0;
    return (this.#invalid.get(address)?.startedAt ?? now) + invalidWindowMs - now;
  }

  #window(windows: Map<string, Window>, key: string, rule: BucketRule, now: number): Window {
    let window = windows.get(key);
    if (!window || now - window.startedAt >= window.rule.perMs) {
      if (windows.size >= mostWindows) {
        for (const [
          old,
          {
            startedAt,
            rule: { perMs },
          },
        ] of windows)
          if (now - startedAt >= perMs) windows.delete(old);
      }
      window = { startedAt: now, used: 0, rule };
      windows.set(key, window);
    }
    return window;
  }
}

function retryAfter(ms: number): Record<string, string> {
  return { 'retry-after': String(Math.ceil(ms / 1_000)) };
}
