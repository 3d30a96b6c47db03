import type { AttachedFile } from '#policies/attached-file.ts';
import type { Command, Invocation, Reply } from './command.ts';
import type { RateLimiter } from './rate-limiter.ts';

/** Options as they come from Discord; a command's own shape determines which are present. */
export type OptionValue = string | number | boolean | AttachedFile;
export type AnyOptions = Record<string, OptionValue | undefined>;

/** Runs a command and returns its answer. */
export type Run = (command: Command, invocation: Invocation<AnyOptions>) => Promise<Reply>;

/** Every command passes these before it runs; each answers by itself or continues with `next`. */
export type Middleware = (command: Command, invocation: Invocation<AnyOptions>, next: Run) => Promise<Reply>;

/** The commands' own `run`, behind these middlewares in this order. */
export const through = (middlewares: readonly Middleware[]): Run =>
  middlewares.reduceRight<Run>(
    (next, middleware) => (command, invocation) => middleware(command, invocation, next),
    (command, invocation) => command.run(invocation),
  );

/** Counts a use; one too many is refused with the time to wait. */
export const rateLimits =
  (limiter: RateLimiter): Middleware =>
  async (command, invocation, next) => {
    const waitSec = limiter.take(command, invocation);
    return waitSec > 0 ? { content: invocation.ownWords.tooOften(waitSec), refused: true } : next(command, invocation);
  };
