export interface KeyedMutexOptions {
  /** How many operations of one key run at the same time. */
  readonly concurrency: number;
  /** How many more may wait; further ones are refused. */
  readonly waiting: number;
  /** The error for refused operations. */
  readonly busy: () => Error;
}

interface Queue {
  running: number;
  readonly waiting: (() => void)[];
}

/**
 * A bounded semaphore for each key, a mutex with a concurrency of 1: one guild's commands run one after the other, and
 * one tenant's flood delays only itself. A key exists only while it has work.
 */
export class KeyedMutex {
  readonly #options: KeyedMutexOptions;
  readonly #mutex = new Map<string, Queue>();

  constructor(options: KeyedMutexOptions) {
    this.#options = options;
  }

  /** Keys with work at this moment. */
  get size(): number {
    return this.#mutex.size;
  }

  /** Rejects with `busy` if too many operations wait already; otherwise as `work` does. */
  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const queue = this.#queue(key);
    if (queue.running >= this.#options.concurrency) await this.#turn(queue);
    else queue.running += 1;
    try {
      return await work();
    } finally {
      const next = queue.waiting.shift();
      if (next) next();
      else this.#leave(key, queue);
    }
  }

  #queue(key: string): Queue {
    const existing = this.#mutex.get(key);
    if (existing) return existing;
    const queue: Queue = { running: 0, waiting: [] };
    this.#mutex.set(key, queue);
    return queue;
  }

  async #turn(queue: Queue): Promise<void> {
    if (queue.waiting.length >= this.#options.waiting) throw this.#options.busy();
    await new Promise<void>((resolve) => queue.waiting.push(resolve));
  }

  #leave(key: string, queue: Queue): void {
    queue.running -= 1;
    if (queue.running === 0) this.#mutex.delete(key);
  }
}
