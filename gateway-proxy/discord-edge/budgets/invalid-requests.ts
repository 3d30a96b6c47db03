import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { window, windowMs, type OtherEdges } from './other-edges.ts';
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

/** All edges together are never above this part of what makes Discord block: 9,500 where the limit is 7,000. */
const mostOfHard = 9_500 / 7_000;

/**
 * What one edge of several keeps to while it does not know of the others. If they cannot tell each other anything, their
 * parts are the whole. If they can, one may have used the whole before it was last heard of, and what the others use
 * then has to fit on top.
 */
export function unheardPart({ perTenant, soft, hard }: InvalidRequestLimits, others: OtherEdges): InvalidRequestLimits {
  if (others.most === 1) return { perTenant, soft, hard };
  const part = 1 / others.most;
  const onTop = (mostOfHard - 1) / (others.most - 1);
  const own = others.tells ? Math.min(part, onTop) : part;
  return { perTenant, soft: soft * own, hard: hard * own };
}

const rememberedTenants = 20_000;

/**
 * Keeps one tenant's refused requests from getting all tenants blocked: each has a share, and a reserve is kept for
 * those that cause none. What the edges cause together is limited as long as they hear of each other.
 */
export class InvalidRequests {
  readonly #clock: Clock;
  readonly #others: OtherEdges;
  readonly #limits: InvalidRequestLimits;
  readonly #unheard: InvalidRequestLimits;
  readonly #own: SlidingCount;
  readonly #byTenant = new BoundedMap<TenantId, SlidingCount>(rememberedTenants);

  constructor(clock: Clock, others: OtherEdges, limits: InvalidRequestLimits = defaultInvalidRequestLimits) {
    this.#clock = clock;
    this.#others = others;
    this.#limits = limits;
    this.#unheard = unheardPart(limits, others);
    this.#own = new SlidingCount(clock, window);
  }

  /** Counts one answer of 401, 403 or 429 that was not of scope `shared`. */
  count(tenant: TenantId): void {
    this.#own.add();
    const own = this.#of(tenant) ?? new SlidingCount(this.#clock, window);
    own.add();
    this.#byTenant.set(tenant, own, this.#clock.now() + windowMs);
  }

  /** How long this tenant has to wait before its next request, in milliseconds; 0 when it may go now. */
  waitMs(tenant: TenantId): number {
    const own = this.#of(tenant);
    const caused = own?.total ?? 0;
    const { known, refused } = this.#others;
    const { perTenant, soft, hard } = known ? this.#limits : this.#unheard;
    if (caused >= perTenant) return own?.oldestForgottenInMs ?? 0;
    const all = known ? this.#own.total + refused.total : this.#own.total;
    if (all < hard && (all < soft || caused === 0)) return 0;
    const waits = [this.#own.oldestForgottenInMs, refused.oldestForgottenInMs].filter((ms) => ms > 0);
    return Math.min(...waits);
  }

  /** Of this edge. */
  get total(): number {
    return this.#own.total;
  }

  /** Of this edge, those of the current minute first. */
  get byAge(): readonly number[] {
    return this.#own.byAge;
  }

  #of(tenant: TenantId): SlidingCount | undefined {
    return this.#byTenant.get(tenant, this.#clock.now());
  }
}
