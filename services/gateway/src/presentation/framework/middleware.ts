import type { Command, Invocation, Reply } from './command.ts';
import type { RateLimiter } from './rate-limiter.ts';

/** Options as they come from Discord; a command's own shape says which are there. */
export type AnyOptions = Record<string, string | number | undefined>;

/** Runs a command and says what to answer. */
export type Run = (command: Command, invocation: Invocation<AnyOptions>) => Promise<Reply>;

/** What every command passes through before it runs; it answers by itself or goes on with `next`. */
export type Middleware = (command: Command, invocation: Invocation<AnyOptions>, next: Run) => Promise<Reply>;

/** The commands' own `run`, behind these middlewares in this order. */
export const through = (middlewares: readonly Middleware[]): Run =>
  middlewares.reduceRight<Run>(
    (next, middleware) => (command, invocation) => middleware(command, invocation, next),
    (command, invocation) => (command.run as (given: Invocation<AnyOptions>) => Promise<Reply>)(invocation),
  );

/** Counts a use; one too many is refused with the time to wait. */
export const rateLimits =
  (limiter: RateLimiter): Middleware =>
  async (command, invocation, next) => {
    const waitSec = limiter.take(command, invocation);
    return waitSec > 0
      ? { content: `You are doing that too often. Try again in ${waitSec} s.`, refused: true }
      : next(command, invocation);
  };
