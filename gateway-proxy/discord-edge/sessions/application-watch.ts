import type { Clock } from '#infra/kernel/clock.ts';
import { findingsOf, type Finding } from '#tenants/application-check/findings.ts';
import type { DiscordRest } from '../rest/discord-rest.ts';

export interface ApplicationWatchOptions {
  readonly rest: Pick<DiscordRest, 'call' | 'dead'>;
  readonly clock: Clock;
  /** The mean time between two checks; it varies by a fifth, so that tenants do not check in step. */
  readonly everyMs: number;
  /** 0 up to 1. */
  readonly random: () => number;
  /** Called with each description of the application; returns what else is found in it. */
  readonly inspect?: (application: unknown) => readonly Finding[];
  /** Called when the findings have changed. */
  readonly changed: () => void;
}

/** After a session starts, checks are spread over this time: a starting edge opens every session at once. */
const soonMs = 5_000;
/** If Discord did not answer, the check is repeated after a minute. */
const retryMs = 60_000;

/**
 * Repeats the onboarding checks for as long as a session lasts, with one request to Discord each. The response also
 * shows whether the token still works (rest/discord-rest.ts). A failed check does not change the findings.
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

  /** A session was started or resumed: what was true before may have changed. */
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
      .then(async (answer) => (answer.ok ? this.#findingsIn(await answer.json()) : undefined))
      .catch(() => undefined);
    if (!this.#watching) return;
    this.#next((found ? everyMs : Math.min(everyMs, retryMs)) * (0.8 + 0.4 * random()));
    if (!found || JSON.stringify(found) === JSON.stringify(this.#findings)) return;
    this.#findings = found;
    changed();
  }

  #findingsIn(application: unknown): readonly Finding[] | undefined {
    const found = findingsOf(application);
    return found && [...found, ...(this.#options.inspect?.(application) ?? [])];
  }
}
