import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Grant } from '#security/identity/grant.ts';

const maxRemembered = 20_000;
/** Longer than a transaction token lives (300 s), so that none outlives what is remembered of it. */
const rememberedForMs = 10 * 60_000;

/**
 * What a member asked for once happens once: the same action under the same transaction gets the answer of the first
 * time. A bot that was killed and does an interaction again skips nothing twice, and one that is not what it should be
 * cannot make ten skips of one `/skip`. What failed may be tried again.
 */
export class OncePerTransaction {
  readonly #clock: Clock;
  readonly #outcomes = new BoundedMap<string, Promise<unknown>>(maxRemembered);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  run<Result>(grant: Grant, work: () => Promise<Result>): Promise<Result> {
    const { transaction, tenant, guild, action } = grant;
    if (transaction === undefined) return work();
    const key = `${tenant} ${guild} ${action} ${transaction}`;
    const nowMs = this.#clock.now();
    const known = this.#outcomes.get(key, nowMs);
    // The key names the action, and an action has one kind of result.
    if (known) return known as Promise<Result>;
    const outcome = work();
    this.#outcomes.set(key, outcome, nowMs + rememberedForMs);
    outcome.catch(() => this.#outcomes.delete(key));
    return outcome;
  }
}
