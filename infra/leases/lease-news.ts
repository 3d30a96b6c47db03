import type { Database } from '#infra/database/pool.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import { isTenantId, type TenantId } from '#infra/kernel/ids.ts';
import type { LeasedPart } from './lease.ts';

interface Heard {
  /** Leases may have become free. */
  free(): void;
  /** A replica has taken this one. */
  taken(tenant: TenantId, replica: string): void;
}

interface LeaseNewsOptions {
  readonly database: Pick<Database, 'listen'>;
  readonly part: LeasedPart;
  readonly clock: Clock;
  readonly heard: Heard;
}

/** What the database notifies of one part's leases, so that a hand-over does not wait for the next renewal. */
export class LeaseNews implements AsyncDisposable {
  readonly #database: Pick<Database, 'listen'>;
  readonly #part: LeasedPart;
  readonly #heard: Heard;
  readonly #clock: Clock;
  readonly #waiting = new Map<TenantId, Set<() => void>>();
  #listening: AsyncDisposable | undefined;
  #looks = false;

  constructor(options: LeaseNewsOptions) {
    this.#database = options.database;
    this.#part = options.part;
    this.#clock = options.clock;
    this.#heard = options.heard;
  }

  async follow(): Promise<void> {
    this.#listening = await this.#database.listen('lease', {
      connected: () => undefined,
      // The renewals find the same, only later.
      disconnected: () => undefined,
      notified: (payload) => this.#notified(payload),
    });
  }

  /** Resolves when a replica has taken this lease, or after this time. */
  async takenElsewhere(tenant: TenantId, withinMs: number): Promise<void> {
    const taken = new AbortController();
    const resolve = () => taken.abort();
    const waiting = this.#waiting.get(tenant) ?? new Set();
    this.#waiting.set(tenant, waiting.add(resolve));
    await pause(withinMs, this.#clock, taken.signal);
    waiting.delete(resolve);
    if (waiting.size === 0) this.#waiting.delete(tenant);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening?.[Symbol.asyncDispose]();
  }

  /** See notify_lease() and notify_pin() in the migrations. */
  #notified(payload: string): void {
    const [what, part, tenant = '', , replica] = payload.split(' ');
    if (what === 'replicas' || (what === 'pins' && part === this.#part)) return this.#lookOnce();
    if (part !== this.#part || !isTenantId(tenant)) return;
    if (replica === undefined) return this.#lookOnce();
    this.#heard.taken(tenant, replica);
    for (const resolve of this.#waiting.get(tenant) ?? []) resolve();
  }

  /** One transaction may notify of a thousand leases. */
  #lookOnce(): void {
    if (this.#looks) return;
    this.#looks = true;
    this.#clock.after(0, () => {
      this.#looks = false;
      this.#heard.free();
    });
  }
}
