import { Permits } from './permits.ts';

/** Who waits for its caller no longer than this loses its place to nobody: a body or an answer that is on its way. */
const graceMs = 500;

/** The place of one request that is under way. */
export interface Place {
  /** From now on its caller is what it waits for: to send the rest of a body, or to read an answer. */
  waits(nowMs: number, hangUp: () => void): void;
  /** Its caller does its part again. */
  goesOn(): void;
  release(): void;
}

/**
 * How many requests may be under way at the public listener, per visitor and in all. When all places are taken, the
 * request that has waited for its caller longest makes room: slow senders and readers, however many, keep nobody out.
 */
export class Places {
  readonly #permits: Permits;
  /** In the order in which they began to wait. */
  readonly #waiting = new Map<Place, { readonly sinceMs: number; readonly hangUp: () => void }>();

  constructor(limits: { readonly perKey: number; readonly total: number }) {
    this.#permits = new Permits(limits);
  }

  get perKey(): number {
    return this.#permits.perKey;
  }

  get count(): number {
    return this.#permits.count;
  }

  /** A place, or which of the two limits is reached. */
  acquire(key: string, nowMs: number): Place | 'key' | 'total' {
    const first = this.#permits.acquire(key);
    const permit = first === 'total' && this.#displaceOne(nowMs) ? this.#permits.acquire(key) : first;
    return permit === 'granted' ? this.#place(key) : permit;
  }

  #place(key: string): Place {
    let held = true;
    const place: Place = {
      waits: (nowMs, hangUp) => {
        if (held) this.#waiting.set(place, { sinceMs: nowMs, hangUp });
      },
      goesOn: () => void this.#waiting.delete(place),
      release: () => {
        if (!held) return;
        held = false;
        this.#waiting.delete(place);
        this.#permits.release(key);
      },
    };
    return place;
  }

  #displaceOne(nowMs: number): boolean {
    const [longest] = this.#waiting;
    if (!longest) return false;
    const [place, { sinceMs, hangUp }] = longest;
    if (nowMs - sinceMs < graceMs) return false;
    place.release();
    hangUp();
    return true;
  }
}
