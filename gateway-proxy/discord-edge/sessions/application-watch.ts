import type { Clock } from '#infra/kernel/clock.ts';
import { findingsOf, type Finding } from '#tenants/application-check/findings.ts';
import type { DiscordRest } from '../rest/discord-rest.ts';

export interface ApplicationWatchOptions {
  readonly rest: Pick<DiscordRest, 'call' | 'dead'>;
  readonly clock: Clock;
  /** The middle of the time between two checks; it varies by a fifth, so that tenants do not ask together. */
  readonly everyMs: number;
  /** 0 up to 1. */
  readonly random: () => number;
  /** The findings are other ones now. */
  readonly changed: () => void;
}

/** After a session begins, checks are spread over this time: an edge that starts opens every session at once. */
const soonMs = 5_000;
/** What Discord did not answer is asked again after a minute. */
const retryMs = 60_000;

/**
 * Checks again, for as long as a session lasts, what was checked at onboarding: one request to Discord each time. The
 * answer also tells whether the token still works (rest/discord-rest.ts). Findings outlive a check that failed.
 */
export class ApplicationWatch {
  readonly #options: ApplicationWatchOptions;
  #findings: readonly Finding[] = [];
  #cancel: () => void = () => undefined;
  #watching = false;

  constructor(options: ApplicationWatchOptions) {
    this.#options = options;
  }

  get findings(): readonly Finding[] {
    return this.#findings;
  }

  /** A session was begun or resumed: what was true before may have changed. */
  connected(): void {
    this.#watching = true;
    this.#next(this.#options.random() * soonMs);
  }

  stop(): void {
    this.#watching = false;
    this.#cancel();
    this.#findings = [];
  }

  #next(delayMs: number): void {
    this.#cancel();
    if (this.#watching && !this.#options.rest.dead)
      this.#cancel = this.#options.clock.after(delayMs, () => void this.#check());
  }

  async #check(): Promise<void> {
    const { rest, everyMs, random, changed } = this.#options;
    const found = await rest
      .call({ method: 'GET', path: '/applications/@me', authorized: true })
      .then(async (answer) => (answer.ok ? findingsOf(await answer.json()) : undefined))
      .catch(() => undefined);
    if (!this.#watching) return;
    this.#next((found ? everyMs : Math.min(everyMs, retryMs)) * (0.8 + 0.4 * random()));
    if (!found || JSON.stringify(found) === JSON.stringify(this.#findings)) return;
    this.#findings = found;
    changed();
  }
}
