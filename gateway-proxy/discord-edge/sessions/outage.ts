import type { Clock } from '#infra/kernel/clock.ts';

/** While the network is at fault, a session is kept for resuming; Discord forgets it after minutes anyway. */
const keepThroughMs = 3 * 60_000;
/** From this attempt on, every other one goes to the gateway's general address, where a session can be resumed too. */
const faultsBeforeElsewhere = 2;

/** The faults since the last connection that Discord has greeted, and what follows from their number and duration. */
export class Outage {
  readonly #clock: Clock;
  #faults = 0;
  #sinceMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get faults(): number {
    return this.#faults;
  }

  /** Not even the address of the gateway could be had. */
  startFailed(): void {
    this.#faults += 1;
  }

  connectionFailed(): void {
    this.#faults += 1;
    this.#sinceMs ??= this.#clock.now();
  }

  over(): void {
    this.#faults = 0;
    this.#sinceMs = undefined;
  }

  /** Whether it is worth telling the tenant. */
  get isNoticeable(): boolean {
    return this.#faults >= faultsBeforeElsewhere;
  }

  /**
   * Whether the next attempt goes to another address than the one that Discord named for the session, which may belong to
   * a server that no longer exists, or to another port.
   */
  get isElsewhereDue(): boolean {
    return this.isNoticeable && this.#faults % 2 === 0;
  }

  /** Whether a session that a connection has lost can still be resumed. */
  get keepsSession(): boolean {
    const lastsMs = this.#sinceMs === undefined ? 0 : this.#clock.now() - this.#sinceMs;
    return this.#faults > 0 && lastsMs < keepThroughMs;
  }
}
