/** Entries that each new one checks: more than one, so that cleaning up keeps ahead of additions. */
const lookedAt = 2;

/**
 * A map that drops its oldest entry when full, and expired entries: the basis of every cache here. Its size is a small
 * multiple of its valid entries, not its limit: each new entry checks two others, and drops them if they have expired.
 */
export class BoundedMap<Key, Value> {
  readonly #limit: number;
  readonly #entries = new Map<Key, { value: Value; expiresAtMs: number }>();
  /** Cycles through the entries indefinitely; an iterator of a map sees concurrent additions and removals. */
  #cursor = this.#entries.entries();
  /**
   * The oldest entries, for as long as the map is full. Looking for the first one anew would pass all that were deleted
   * before it, thousands as a rule; and an iterator that rests keeps what was deleted since.
   */
  #oldest: MapIterator<Key> | undefined;
  /** The latest time passed in. */
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
    if (this.#entries.size >= this.#limit) this.#dropOldest();
    else this.#oldest = undefined;
    this.#entries.set(key, { value, expiresAtMs });
  }

  #dropOldest(): void {
    this.#oldest ??= this.#entries.keys();
    const { value: oldest, done } = this.#oldest.next();
    if (done) this.#oldest = undefined;
    else this.#entries.delete(oldest);
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

  /** Removes the entries that match the predicate; for revocations. */
  deleteWhere(predicate: (value: Value, key: Key) => boolean): void {
    for (const [key, entry] of this.#entries) if (predicate(entry.value, key)) this.#entries.delete(key);
  }
}
