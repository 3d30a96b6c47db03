/** Limits how many of something may exist at the same time, per key and in total. */
export class Permits {
  readonly perKey: number;
  readonly #total: number;
  readonly #held = new Map<string, number>();
  #count = 0;

  constructor(limits: { readonly perKey: number; readonly total: number }) {
    this.perKey = limits.perKey;
    this.#total = limits.total;
  }

  get count(): number {
    return this.#count;
  }

  /** 'granted', or which of the two limits is reached. */
  acquire(key: string): 'granted' | 'key' | 'total' {
    const held = this.#held.get(key) ?? 0;
    if (held >= this.perKey) return 'key';
    if (this.#count >= this.#total) return 'total';
    this.#held.set(key, held + 1);
    this.#count += 1;
    return 'granted';
  }

  release(key: string): void {
    const held = this.#held.get(key) ?? 0;
    if (held === 0) return;
    if (held === 1) this.#held.delete(key);
    else this.#held.set(key, held - 1);
    this.#count -= 1;
  }
}
