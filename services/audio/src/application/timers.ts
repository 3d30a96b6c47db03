import type { Clock } from '#infra/kernel/clock.ts';
import type { Place } from './ports.ts';

/** One timer a place, for what happens to a player by itself; starting one that runs changes nothing. */
export class Timers {
  readonly #running = new Map<string, () => void>();
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #due: (place: Place) => Promise<void>;

  /** `due` must not reject. */
  constructor(clock: Clock, delayMs: number, due: (place: Place) => Promise<void>) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#due = due;
  }

  start(place: Place): void {
    const key = keyOf(place);
    if (this.#running.has(key)) return;
    const cancel = this.#clock.after(this.#delayMs, () => {
      this.#running.delete(key);
      void this.#due(place);
    });
    this.#running.set(key, cancel);
  }

  cancel(place: Place): void {
    const key = keyOf(place);
    this.#running.get(key)?.();
    this.#running.delete(key);
  }

  /** Calls everything off. */
  close(): void {
    for (const cancel of this.#running.values()) cancel();
    this.#running.clear();
  }
}

const keyOf = (place: Place) => `${place.tenant}/${place.guild}`;
