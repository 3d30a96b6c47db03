import { Permits } from './permits.ts';

/** A request that has waited for its caller no longer than this keeps its slot: a body or a response is on its way. */
const graceMs = 500;

/** The slot of one request in progress. */
export interface Slot {
  /** From now on it waits for its caller: to send the rest of a body, or to read a response. */
  waits(nowMs: number, hangUp: () => void): void;
  /** Its caller has continued. */
  goesOn(): void;
  release(): void;
}

/**
 * How many requests may be in progress at the public listener, per client and in total. When all slots are taken, the
 * request that has waited longest for its caller makes room: slow senders and readers, however many, lock nobody out.
 */
export class Slots {
  readonly #permits: Permits;
  /** In the order in which they started to wait. */
  readonly #waiting = new Map<Slot, { readonly sinceMs: number; readonly hangUp: () => void }>();

  constructor(limits: { readonly perKey: number; readonly total: number }) {
    this.#permits = new Permits(limits);
  }

  get perKey(): number {
    return this.#permits.perKey;
  }

  get count(): number {
    return this.#permits.count;
  }

  /** A slot, or which of the two limits is reached. */
  acquire(key: string, nowMs: number): Slot | 'key' | 'total' {
    const first = this.#permits.acquire(key);
    const permit = first === 'total' && this.#displaceOne(nowMs) ? this.#permits.acquire(key) : first;
    return permit === 'granted' ? this.#slot(key) : permit;
  }

  #slot(key: string): Slot {
    let held = true;
    const slot: Slot = {
      waits: (nowMs, hangUp) => {
        if (held) this.#waiting.set(slot, { sinceMs: nowMs, hangUp });
      },
      goesOn: () => void this.#waiting.delete(slot),
      release: () => {
        if (!held) return;
        held = false;
        this.#waiting.delete(slot);
        this.#permits.release(key);
      },
    };
    return slot;
  }

  #displaceOne(nowMs: number): boolean {
    const [longest] = this.#waiting;
    if (!longest) return false;
    const [slot, { sinceMs, hangUp }] = longest;
    if (nowMs - sinceMs < graceMs) return false;
    slot.release();
    hangUp();
    return true;
  }
}
