import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { SharedCounts, Statement } from '#infra/shared-state/shared-counts.ts';

/** How often an api says how many requests it has counted. */
const sayEveryMs = 1_000;
/** After this long without an answer an api no longer knows what the others count. */
const heardForMs = 4_000;
/** Owners whose use is tracked; one that is dropped starts again. */
const maxOwners = 20_000;

interface Window {
  used: number;
  endsAtMs: number;
  /** What the other apis have counted in it, as far as they were heard. */
  elsewhere: number;
  heardAtMs: number;
}

/** What was used of an allowance, at all apis as far as that is known, and when that begins anew. */
export interface Use {
  readonly used: number;
  readonly endsAtMs: number;
}

export interface RateWindowsOptions {
  readonly windowMs: number;
  readonly counts: SharedCounts;
  readonly clock: Clock;
}

/**
 * Requests by owner in windows that begin with the first of them, at all apis together. No request waits for another
 * api: each counts by itself, and tells the others once a second, and at once with the first request of an owner after a
 * second. So an owner can exceed an allowance only by what the other apis admit within a second. What a killed or stopped
 * api has counted stays counted until the window ends, and nothing is kept aside for it.
 */
export class RateWindows implements Disposable {
  readonly #options: RateWindowsOptions;
  readonly #windows = new BoundedMap<string, Window>(maxOwners);
  /** Those whose use the others do not know. */
  readonly #unsaid = new Set<string>();
  #heardAtMs = Number.NEGATIVE_INFINITY;
  #isSaying = false;
  /** Something else is to be said at once. */
  #hurries = false;
  #isOver = false;
  #cancel: () => void = () => undefined;

  constructor(options: RateWindowsOptions) {
    this.#options = options;
    if (options.counts.isShared) this.#sayRegularly();
  }

  /** False while it is not known what the other apis count. */
  get together(): boolean {
    const { counts, clock } = this.#options;
    return counts.isShared && clock.now() - this.#heardAtMs < heardForMs;
  }

  take(owner: string): Use {
    const { clock, windowMs, counts } = this.#options;
    const nowMs = clock.now();
    const known = this.#windows.get(owner, nowMs);
    const window = known ?? { used: 0, endsAtMs: nowMs + windowMs, elsewhere: 0, heardAtMs: Number.NEGATIVE_INFINITY };
    window.used += 1;
    if (!known) this.#windows.set(owner, window, window.endsAtMs);
    if (counts.isShared) {
      this.#unsaid.add(owner);
      if (nowMs - window.heardAtMs >= sayEveryMs) this.#sayNow();
    }
    return { used: window.used + window.elsewhere, endsAtMs: window.endsAtMs };
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#cancel();
  }

  #sayRegularly(): void {
    this.#sayNow();
    if (!this.#isOver) this.#cancel = this.#options.clock.after(sayEveryMs, () => this.#sayRegularly());
  }

  /** Whatever is said at once, one after the other: a flood of new owners makes the exchanges larger, not more. */
  #sayNow(): void {
    this.#hurries = true;
    if (!this.#isSaying) void this.#sayAll();
  }

  async #sayAll(): Promise<void> {
    this.#isSaying = true;
    while (this.#hurries && !this.#isOver) {
      this.#hurries = false;
      await this.#say([...this.#unsaid]);
    }
    this.#isSaying = false;
  }

  /** Also with nothing to say, it is tried whether the others can be heard. */
  async #say(owners: readonly string[]): Promise<void> {
    const { counts, clock } = this.#options;
    const nowMs = clock.now();
    const open = owners.flatMap((owner) => {
      this.#unsaid.delete(owner);
      const window = this.#windows.get(owner, nowMs);
      return window ? [{ owner, window }] : [];
    });
    const statements = open.map(({ owner, window }) => statementOf(owner, window, nowMs));
    try {
      const heard = await counts.exchange(statements.length > 0 ? statements : [nothing]);
      this.#heardAtMs = clock.now();
      for (const [index, { owner, window }] of open.entries()) {
        const others = heard[index];
        window.heardAtMs = this.#heardAtMs;
        if (others) this.#learn(owner, window, others);
        else this.#unsaid.add(owner);
      }
    } catch {
      // Said with the next one.
      for (const { owner } of open) this.#unsaid.add(owner);
    }
  }

  /** All end the window when the first of them does. */
  #learn(owner: string, window: Window, others: readonly (readonly number[])[]): void {
    const nowMs = this.#options.clock.now();
    const open = others.filter(([, endsAtMs = 0]) => endsAtMs > nowMs);
    window.elsewhere = open.reduce((sum, [used = 0]) => sum + used, 0);
    const endsAtMs = Math.min(window.endsAtMs, ...open.map(([, at = 0]) => at));
    if (endsAtMs === window.endsAtMs || this.#windows.get(owner, nowMs) !== window) return;
    window.endsAtMs = endsAtMs;
    this.#windows.set(owner, window, endsAtMs);
    // Until then, and no longer, it is to be counted elsewhere.
    this.#unsaid.add(owner);
  }
}

const nothing: Statement = { name: 'nothing', counts: [], forMs: 1 };

const statementOf = (owner: string, { used, endsAtMs }: Window, nowMs: number): Statement => ({
  name: `requests of ${owner}`,
  counts: [used, endsAtMs],
  forMs: endsAtMs - nowMs,
});
