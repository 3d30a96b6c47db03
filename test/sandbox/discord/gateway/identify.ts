import { z } from 'zod';
import type { Limits } from '../../limits.ts';
import { allowanceLeft, resetToken, useAllowance } from '../../world/applications.ts';
import type { Application } from '../../world/types.ts';
import type { World } from '../../world/world.ts';
import { intentsFault } from './intents.ts';

const identifySchema = z.object({
  token: z.string(),
  intents: z.number(),
  properties: z.record(z.string(), z.unknown()),
  shard: z.tuple([z.int().nonnegative(), z.int().positive()]).optional(),
});

/** The outcome of an IDENTIFY: a session may start, the client must wait, or the connection closes. */
export type IdentifyVerdict =
  | { verdict: 'start'; application: Application; intents: number; shard: [number, number] }
  | { verdict: 'wait'; application: Application }
  | { verdict: 'close'; application: Application | null; code: number };

/** Enforces the rules of IDENTIFY: token, intents, one per 5 s, 1,000 a day (Discord: Gateway, Identifying). */
export class IdentifyRules {
  readonly #world: World;
  readonly #limits: Limits;
  readonly #lastAt = new Map<string, number>();

  constructor(world: World, limits: Limits) {
    this.#world = world;
    this.#limits = limits;
  }

  judge(data: unknown): IdentifyVerdict {
    const parsed = identifySchema.safeParse(data);
    if (!parsed.success) return { verdict: 'close', application: null, code: 4002 };
    const { token, intents, shard = [0, 1] } = parsed.data;
    const application = this.#world.applicationByToken(token.replace(/^Bot /, ''));
    if (!application) return { verdict: 'close', application: null, code: 4004 };
    const fault = intentsFault(intents, application.flags);
    if (fault) return { verdict: 'close', application, code: fault };
    if (shard[0] >= shard[1]) return { verdict: 'close', application, code: 4010 };
    const now = this.#world.clock.now();
    const last = this.#lastAt.get(application.id) ?? -Infinity;
    if (now - last < this.#limits.identifyIntervalMs) return { verdict: 'wait', application };
    if (!useAllowance(application.identifies, this.#limits.identifiesPerDay, now)) {
      resetToken(this.#world, application.id);
      return { verdict: 'close', application, code: 4004 };
    }
    this.#lastAt.set(application.id, now);
    return { verdict: 'start', application, intents, shard };
  }

  /** What GET /gateway/bot reports as left (Discord: Session Start Limit Object). */
  sessionStartLimit(application: Application) {
    const { remaining, resetAfterMs } = allowanceLeft(
      application.identifies,
      this.#limits.identifiesPerDay,
      this.#world.clock.now(),
    );
    return { total: this.#limits.identifiesPerDay, remaining, reset_after: resetAfterMs, max_concurrency: 1 };
  }
}
