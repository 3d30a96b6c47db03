import { hasCode } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { heldElsewhere, isLeaseLost, type Lease } from '#infra/leases/lease.ts';
import type { LeaseEvents, TenantLeases } from '#infra/leases/tenant-leases.ts';

export interface HeldTenantsPorts {
  readonly leases: Pick<TenantLeases, 'claim'>;
  /** Before anything is done for these: what another process may have changed is read again. */
  readonly prepare: (tenants: readonly TenantId[]) => Promise<void>;
  /** What goes on for a tenant is to be followed from now on. */
  readonly begin: (tenant: TenantId) => void;
  /** Ends everything that is done for a tenant here; its music goes on. */
  readonly end: (tenant: TenantId) => Promise<void>;
}

interface Held {
  readonly lease: Lease;
  /** Resolves when what this process still does under an earlier lease of the same tenant has ended. */
  readonly before: Promise<void> | undefined;
  preparing: Promise<void> | undefined;
  ready: boolean;
  leaving: boolean;
  units: number;
  idle: PromiseWithResolvers<void> | undefined;
}

/**
 * The tenants whose music this process plays: those whose leases it holds. Everything that changes a session runs as a
 * unit here, so that a lease is passed on when the last one has ended, and a new one begins after those of an earlier.
 */
export class HeldTenants implements LeaseEvents {
  readonly #ports: HeldTenantsPorts;
  readonly #held = new Map<TenantId, Held>();

  constructor(ports: HeldTenantsPorts) {
    this.#ports = ports;
  }

  taken(lease: Lease): void {
    const { tenant } = lease;
    const known = this.#held.get(tenant);
    const before = known && (known.before || known.units > 0) ? this.#drained(known) : undefined;
    this.#held.set(tenant, {
      lease,
      before,
      preparing: undefined,
      ready: false,
      leaving: false,
      units: 0,
      idle: undefined,
    });
    this.#ports.begin(tenant);
  }

  async passOn(tenant: TenantId): Promise<void> {
    const held = this.#held.get(tenant);
    if (!held) return;
    held.leaving = true;
    await this.#drained(held);
    await this.#ports.end(tenant);
    if (this.#held.get(tenant) === held) this.#held.delete(tenant);
  }

  lost(tenants: readonly TenantId[]): void {
    for (const tenant of tenants) {
      const held = this.#held.get(tenant);
      if (!held) continue;
      Object.assign(held, { leaving: true, ready: false });
      // Kept while something is under way, so that it is waited for if the lease comes back.
      if (held.units === 0) this.#held.delete(tenant);
      void this.#ports.end(tenant);
    }
  }

  /** Whether this process acts for the tenant. */
  has(tenant: TenantId): boolean {
    return this.#held.get(tenant)?.leaving === false;
  }

  /** The lease under which something is done for a tenant now. @throws lease.elsewhere */
  leaseOf(tenant: TenantId): Lease {
    const held = this.#held.get(tenant);
    if (!held?.ready) throw heldElsewhere();
    return held.lease;
  }

  /**
   * For a request: takes the tenant's lease if it is free.
   * @throws lease.elsewhere (421): nothing was done; lease.uncertain, database.unavailable (503): try again
   */
  async admit(tenant: TenantId): Promise<void> {
    await this.#ports.leases.claim(tenant);
    await this.prepared([tenant]);
  }

  /** Resolves once something may be done for these. @throws lease.elsewhere, database.unavailable */
  async prepared(tenants: readonly TenantId[]): Promise<void> {
    const held = tenants.map((tenant) => this.#acting(tenant));
    const fresh = held.filter(({ preparing }) => !preparing);
    const together = fresh.filter(({ before }) => !before);
    const preparing = together.length > 0 ? this.#prepare(together) : undefined;
    for (const each of fresh) each.preparing = each.before?.then(() => this.#prepare([each])) ?? preparing;
    await Promise.all(held.map(({ preparing }) => preparing));
  }

  /** Runs `work`, which may change what is stored or played for a tenant. @throws lease.elsewhere */
  async run<Result>(tenant: TenantId, work: () => Promise<Result>): Promise<Result> {
    await this.prepared([tenant]);
    const held = this.#acting(tenant);
    held.units += 1;
    try {
      return await work();
    } finally {
      held.units -= 1;
      if (held.units === 0) this.#ended(tenant, held);
    }
  }

  async #prepare(fresh: readonly Held[]): Promise<void> {
    try {
      await this.#ports.prepare(fresh.map(({ lease }) => lease.tenant));
      for (const held of fresh) held.ready = !held.leaving;
    } catch (error) {
      for (const held of fresh) held.preparing = undefined;
      throw error;
    }
  }

  #acting(tenant: TenantId): Held {
    const held = this.#held.get(tenant);
    if (!held || held.leaving) throw heldElsewhere();
    return held;
  }

  async #drained(held: Held): Promise<void> {
    await held.before;
    if (held.units === 0) return;
    held.idle ??= Promise.withResolvers();
    await held.idle.promise;
  }

  #ended(tenant: TenantId, held: Held): void {
    held.idle?.resolve();
    // It was lost meanwhile, and is not passed on.
    if (held.leaving && !held.ready && this.#held.get(tenant) === held) this.#held.delete(tenant);
  }
}

/** Whether something was not done because another process acts for the tenant now. */
export const isElsewhere = (error: unknown): boolean => isLeaseLost(error) || hasCode(error, 'lease.elsewhere');
