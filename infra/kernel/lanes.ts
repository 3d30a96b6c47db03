export interface LaneOptions {
  /** How many pieces of work of one key run at the same time. */
  readonly concurrency: number;
  /** How many more may wait; beyond it work is refused. */
  readonly waiting: number;
  /** What work beyond that is refused with. */
  readonly busy: () => Error;
}

interface Lane {
  running: number;
  readonly waiting: (() => void)[];
}

/**
 * A bounded semaphore for each key, a mutex with a concurrency of 1: one guild's commands run one after the other, one
 * tenant's flood waits for itself and for nobody else. A lane exists only while it has work.
 */
export class Lanes {
  readonly #options: LaneOptions;
  readonly #lanes = new Map<string, Lane>();

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** Keys with work at this moment. */
  get size(): number {
    return this.#lanes.size;
  }

  /** Rejects with `busy` when too much waits already; else with what `work` rejects with. */
  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const lane = this.#lane(key);
    if (lane.running >= this.#options.concurrency) await this.#turn(lane);
    else lane.running += 1;
    try {
      return await work();
    } finally {
      const next = lane.waiting.shift();
      if (next) next();
      else this.#leave(key, lane);
    }
  }

  #lane(key: string): Lane {
    const existing = this.#lanes.get(key);
    if (existing) return existing;
    const lane: Lane = { running: 0, waiting: [] };
    this.#lanes.set(key, lane);
    return lane;
  }

  async #turn(lane: Lane): Promise<void> {
    if (lane.waiting.length >= this.#options.waiting) throw this.#options.busy();
    await new Promise<void>((resolve) => lane.waiting.push(resolve));
  }

  #leave(key: string, lane: Lane): void {
    lane.running -= 1;
    if (lane.running === 0) this.#lanes.delete(key);
  }
}
