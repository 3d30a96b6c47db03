import type { Clock } from '../clock.ts';

/** First millisecond of 2015, Discord's epoch (Discord: Reference, Snowflakes). */
const discordEpochMs = 1_420_070_400_000n;

/**
 * Generates ids that contain their creation time and never repeat, as strings, since they do not fit a JavaScript
 * number.
 */
export class SnowflakeSource {
  readonly #clock: Clock;
  #last = 0n;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(): string {
    const fresh = (BigInt(this.#clock.now()) - discordEpochMs) << 22n;
    this.#last = fresh > this.#last ? fresh : this.#last + 1n;
    return this.#last.toString();
  }

  /** Makes later ids greater than one already in use, for a restart with a clock that went back. */
  startAfter(id: string): void {
    const used = BigInt(id);
    if (used > this.#last) this.#last = used;
  }
}
