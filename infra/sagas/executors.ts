import { createHeldLocks, type HeldLock, type HeldLocks } from '#infra/database/held-locks.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import { newId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';

const holdAgainMs = 250;

/**
 * The processes that run workflows. Each run of a process has an id of its own, and holds a lock by that name for as long
 * as it lives: whose lock is free has ended, and will never go on with what it left behind.
 */
export class Executors implements AsyncDisposable {
  /** Of this process. */
  readonly id: string;
  readonly #part: string;
  readonly #locks: HeldLocks;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #over = new AbortController();
  #holding: Promise<void> | undefined;

  /** `part` is the same for all that share their workflows. */
  constructor({ url, part, clock, logger }: { url: string; part: string; clock: Clock; logger: Logger }) {
    this.#part = part;
    this.id = newId(part);
    this.#locks = createHeldLocks(url);
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Whether it is, or was, another process of the same part. Before they had ids of their own it was named as the part. */
  isOther(executor: string | undefined): executor is string {
    if (executor === undefined || executor === this.id) return false;
    return executor === this.#part || executor.startsWith(`${this.#part}_`);
  }

  /** Resolves once the lock is held, or at the abort; it is taken again whenever its connection was lost. */
  async hold(signal: AbortSignal): Promise<void> {
    const first = await this.#take(signal);
    if (first) this.#holding = this.#keep(first);
  }

  /**
   * Does something for an executor that has ended, and for nobody else at the same time.
   * @returns false if it lives, or somebody else is doing so
   * @throws database.unavailable
   */
  async ifEnded(executor: string, work: () => Promise<void> = async () => undefined): Promise<boolean> {
    const lock = await this.#locks.tryTake(lockOf(executor));
    if (!lock) return false;
    try {
      await work();
    } finally {
      await lock[Symbol.asyncDispose]();
    }
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#holding;
    await this.#locks[Symbol.asyncDispose]();
  }

  async #keep(first: HeldLock): Promise<void> {
    for (let lock: HeldLock | undefined = first; lock; lock = await this.#take(this.#over.signal)) {
      await aborted(AbortSignal.any([lock.lost, this.#over.signal]));
      await lock[Symbol.asyncDispose]();
    }
  }

  /** Undefined after the abort. Others take it only for a moment, to look whether it is held. */
  async #take(signal: AbortSignal): Promise<HeldLock | undefined> {
    while (!signal.aborted) {
      try {
        const lock = await this.#locks.tryTake(lockOf(this.id));
        if (lock) return lock;
      } catch (error) {
        this.#logger.warn({ err: error }, 'others may take this process, which runs workflows, for ended');
      }
      await pause(holdAgainMs, this.#clock, signal);
    }
    return undefined;
  }
}

const lockOf = (executor: string): string => `workflows of ${executor}`;

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
