/** Entries that each new one looks at: more than one, so that looking keeps ahead of what comes. */
const lookedAt = 2;

/**
 * A map that forgets its oldest entry when full, and entries past their time: what every cache here is made of. It holds
 * a small multiple of what is still good, not its limit: each new entry looks at two others, and lets them go when their
 * time is over.
 */
export class BoundedMap<Key, Value> {
  readonly #limit: number;
  readonly #entries = new Map<Key, { value: Value; expiresAtMs: number }>();
  /** Goes around the entries for ever; an iterator of a map sees what is added and removed meanwhile. */
  #cursor = this.#entries.entries();
  /** The latest time that anybody has told. */
  #nowMs = Number.NEGATIVE_INFINITY;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key, nowMs: number): Value | undefined {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs;
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (entry.expiresAtMs > nowMs) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: Key, value: Value, expiresAtMs = Number.POSITIVE_INFINITY): void {
    this.#entries.delete(key);
    this.#sweep();
    if (this.#entries.size >= this.#limit) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
    this.#entries.set(key, { value, expiresAtMs });
  }

  #sweep(): void {
    for (let looked = 0; looked < lookedAt; looked += 1) {
      const { value: next, done } = this.#cursor.next();
      if (done) {
        this.#cursor = this.#entries.entries();
        return;
      }
      if (next[1].expiresAtMs <= this.#nowMs) this.#entries.delete(next[0]);
    }
  }

  delete(key: Key): boolean {
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Removes the entries that the predicate names; for revocations. */
  deleteWhere(predicate: (value: Value, key: Key) => boolean): void {
    for (const [key, entry] of this.#entries) if (predicate(entry.value, key)) this.#entries.delete(key);
  }
}
