import { pause, type Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';

export interface PreparedTenantsPorts {
  /** Reads again what another edge may have changed. */
  readonly prepare: (tenants: readonly TenantId[]) => Promise<void>;
  /** Called when all of these are prepared. */
  readonly prepared: (tenants: ReadonlySet<TenantId>) => void;
  readonly failed: (error: unknown) => void;
  readonly clock: Clock;
}

interface Batch {
  readonly tenants: Set<TenantId>;
  readonly ready: PromiseWithResolvers<void>;
}

const retryMs = 1_000;

/** Tenants whose leases were taken: prepared before anything is done for them, those of one moment together. */
export class PreparedTenants implements Disposable {
  readonly #ports: PreparedTenantsPorts;
  readonly #waiting = new Map<TenantId, Batch>();
  readonly #over = new AbortController();
  #next: Batch | undefined;

  constructor(ports: PreparedTenantsPorts) {
    this.#ports = ports;
  }

  add(tenant: TenantId): void {
    const batch = this.#next ?? this.#newBatch();
    batch.tenants.add(tenant);
    this.#waiting.set(tenant, batch);
  }

  /** Resolves when the tenant is prepared; rejects with why it could not be, which is tried again. */
  ready(tenant: TenantId): Promise<void> | undefined {
    return this.#waiting.get(tenant)?.ready.promise;
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }

  #newBatch(): Batch {
    const batch = batchOf(new Set());
    this.#next = batch;
    setImmediate(() => {
      this.#next = undefined;
      void this.#prepare(batch);
    });
    return batch;
  }

  async #prepare(batch: Batch): Promise<void> {
    const { prepare, prepared, failed, clock } = this.#ports;
    // One that was taken again meanwhile belongs to a later batch.
    const mine = new Set([...batch.tenants].filter((tenant) => this.#waiting.get(tenant) === batch));
    try {
      await prepare([...mine]);
    } catch (error) {
      failed(error);
      const again = batchOf(mine);
      for (const tenant of mine) this.#waiting.set(tenant, again);
      batch.ready.reject(error);
      await pause(retryMs, clock, this.#over.signal);
      return this.#over.signal.aborted ? undefined : this.#prepare(again);
    }
    for (const tenant of mine) if (this.#waiting.get(tenant) === batch) this.#waiting.delete(tenant);
    batch.ready.resolve();
    prepared(mine);
  }
}

function batchOf(tenants: Set<TenantId>): Batch {
  const ready = Promise.withResolvers<void>();
  // Nobody may wait for it.
  ready.promise.catch(() => undefined);
  return { tenants, ready };
}
