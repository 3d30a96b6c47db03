import type { Clock } from '#infra/kernel/clock.ts';

/** A dispatch that waits for a bot's acknowledgement. */
export interface BufferedDispatch {
  readonly seq: number;
  readonly t: string;
  readonly d: unknown;
  /** Of a message in a request channel. */
  readonly txn?: string | undefined;
}

export interface BufferLimits {
  readonly count: number;
  readonly bytes: number;
  readonly ageMs: number;
}

const defaultBufferLimits: BufferLimits = { count: 1_000, bytes: 2 * 1024 * 1024, ageMs: 10 * 60_000 };

/**
 * Dispatches until they are acknowledged, whether sent to a bot or waiting for one. Bounded by number, size and age;
 * the oldest are dropped first. Acknowledgements are cumulative.
 */
export class DispatchBuffer {
  readonly #clock: Clock;
  readonly #limits: BufferLimits;
  #kept: { dispatch: BufferedDispatch; bytes: number; atMs: number }[] = [];
  #bytes = 0;
  #lost = 0;

  constructor(clock: Clock, limits: BufferLimits = defaultBufferLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** How many were dropped without an acknowledgement since the process started. */
  get lost(): number {
    return this.#lost;
  }

  add(dispatch: BufferedDispatch, bytes: number): void {
    this.#kept.push({ dispatch, bytes, atMs: this.#clock.now() });
    this.#bytes += bytes;
    this.#bound();
  }

  acknowledge(seq: number): void {
    while (this.#kept[0] && this.#kept[0].dispatch.seq <= seq) this.#drop();
  }

  /** Those that are not acknowledged, oldest first. */
  unacknowledged(): BufferedDispatch[] {
    this.#bound();
    return this.#kept.map((entry) => entry.dispatch);
  }

  clear(): void {
    this.#kept = [];
    this.#bytes = 0;
  }

  #bound(): void {
    const tooOld = this.#clock.now() - this.#limits.ageMs;
    for (;;) {
      const oldest = this.#kept[0];
      if (!oldest) return;
      const over = this.#kept.length > this.#limits.count || this.#bytes > this.#limits.bytes;
      if (!over && oldest.atMs > tooOld) return;
      this.#drop();
      this.#lost += 1;
    }
  }

  #drop(): void {
    const gone = this.#kept.shift();
    if (gone) this.#bytes -= gone.bytes;
  }
}
