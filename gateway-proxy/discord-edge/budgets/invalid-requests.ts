import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { SlidingCount } from './sliding-count.ts';

export interface InvalidRequestLimits {
  /** Refused answers that one tenant may cause in 10 minutes. */
  readonly perTenant: number;
  /** Once all tenants together have caused this many, only tenants that caused none may call. */
  readonly soft: number;
  /** Once all tenants together have caused this many, nobody may call. */
  readonly hard: number;
}

/** Discord blocks an address after 10,000 answers of 401, 403 or 429 in 10 minutes (Discord: Rate Limits). */
const defaultInvalidRequestLimits: InvalidRequestLimits = { perTenant: 200, soft: 4_000, hard: 7_000 };

/**
 * The part of one edge of several: together they stay within Discord's limit whatever they know of each other. A tenant
 * has one edge at a time, and so keeps its own limit.
 */
export const shareOfInvalidRequests = (
  edges: number,
  limits: InvalidRequestLimits = defaultInvalidRequestLimits,
): InvalidRequestLimits => ({ ...limits, soft: limits.soft / edges, hard: limits.hard / edges });

const window = { bucketMs: 60_000, buckets: 10 };
const rememberedTenants = 20_000;

/**
 * Keeps one tenant's refused requests from getting all tenants blocked: each has a share, and a reserve is kept for
 * those that cause none.
 */
export class InvalidRequests {
  readonly #clock: Clock;
  readonly #limits: InvalidRequestLimits;
  readonly #all: SlidingCount;
  readonly #byTenant = new BoundedMap<TenantId, SlidingCount>(rememberedTenants);

  constructor(clock: Clock, limits: InvalidRequestLimits = defaultInvalidRequestLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#all = new SlidingCount(clock, window);
  }

  /** Counts one answer of 401, 403 or 429 that was not of scope `shared`. */
  count(tenant: TenantId): void {
    this.#all.add();
    const own = this.#own(tenant) ?? new SlidingCount(this.#clock, window);
    own.add();
    this.#byTenant.set(tenant, own, this.#clock.now() + window.bucketMs * (window.buckets + 1));
  }

  /** How long this tenant has to wait before its next request, in milliseconds; 0 when it may go now. */
  waitMs(tenant: TenantId): number {
    const own = this.#own(tenant);
    const caused = own?.total ?? 0;
    const all = this.#all.total;
    if (caused >= this.#limits.perTenant) return own?.oldestForgottenInMs ?? 0;
    if (all >= this.#limits.hard || (all >= this.#limits.soft && caused > 0)) return this.#all.oldestForgottenInMs;
    return 0;
  }

  get total(): number {
    return this.#all.total;
  }

  #own(tenant: TenantId): SlidingCount | undefined {
    return this.#byTenant.get(tenant, this.#clock.now());
  }
}
