import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { SharedKey, SharedState } from './shared-state.ts';

const maxEntries = 100_000;

/** The state of a process that has no replica: nothing leaves it, and nothing is ever unavailable. */
export class MemoryState implements SharedState {
  readonly isShared = false;
  readonly #clock: Clock;
  readonly #known = new BoundedMap<string, true>(maxEntries);
  /** When each bucket is full again. */
  readonly #fullAtMs = new BoundedMap<string, number>(maxEntries);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async knows(key: SharedKey): Promise<boolean> {
    return this.#known.get(nameOf(key), this.#clock.now()) === true;
  }

  async remember(key: SharedKey, forMs: number): Promise<void> {
    this.#known.set(nameOf(key), true, this.#clock.now() + forMs);
  }

  async spend(spendings: Parameters<SharedState['spend']>[0]): Promise<readonly number[]> {
    const nowMs = this.#clock.now();
    return spendings.map(({ rate, count, ...key }) => {
      const name = nameOf(key);
      const fullAtMs = (this.#fullAtMs.get(name, nowMs) ?? nowMs) + (count * 1000) / rate.perSec;
      this.#fullAtMs.set(name, fullAtMs, fullAtMs);
      return fullAtMs - nowMs;
    });
  }

  readonly health = () => ({ status: 'healthy' }) as const;

  async [Symbol.asyncDispose](): Promise<void> {}
}

const nameOf = ({ tenant, name }: SharedKey): string => `${tenant ?? 'platform'} ${name}`;
