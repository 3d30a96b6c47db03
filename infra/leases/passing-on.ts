import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Lease } from './lease.ts';
import type { Instant, RunningTime } from './running-time.ts';

export interface PassingOnPorts {
  readonly time: RunningTime;
  readonly logger: Logger;
  /** Ends what is done for the tenant. */
  readonly end: (tenant: TenantId) => Promise<void>;
  readonly held: (tenant: TenantId) => Lease | undefined;
  /** Frees those of the leases that are still held, together; `freeing` is called with each of them just before. */
  readonly free: (leases: readonly Lease[], freeing: (tenant: TenantId) => void) => Promise<void>;
  /** Called when it has ended, however. */
  readonly over: (tenant: TenantId) => void;
}

const endAtOnce = 32;
/** Others take leases in steps, too, and a step that fails is kept as a whole. */
const freeAtOnce = 500;
/** How long a lease that was passed on is left to the others, and how long whoever asks for it here waits for them. */
export const leftToOthersMs = 2_000;

/** The leases that a replica is passing on to others, and those that it has just passed on. */
export class PassingOn {
  readonly #ports: PassingOnPorts;
  readonly #leaving = new Set<TenantId>();
  readonly #passedOn = new Map<TenantId, Instant>();
  /** Nothing is done for their tenants any more. */
  readonly #ended: Lease[] = [];
  #freeing: Promise<void> | undefined;

  constructor(ports: PassingOnPorts) {
    this.#ports = ports;
  }

  /** How many are being passed on. */
  get size(): number {
    return this.#leaving.size;
  }

  isLeaving(tenant: TenantId): boolean {
    return this.#leaving.has(tenant);
  }

  /** Whether it is being passed on, or still left to the others. */
  includes(tenant: TenantId): boolean {
    if (this.#leaving.has(tenant)) return true;
    const passedOn = this.#passedOn.get(tenant);
    return passedOn !== undefined && this.#ports.time.elapsedMs(passedOn) < leftToOthersMs;
  }

  /** Somebody holds it again. */
  taken(tenant: TenantId): void {
    this.#passedOn.delete(tenant);
  }

  /** Ends what is done for the tenant, and then frees its lease. */
  async run(tenant: TenantId): Promise<void> {
    await this.#end(tenant);
    await this.#freeing;
  }

  /**
   * All of these. Several end at a time, and do not wait for leases to be freed: each statement frees all whose tenants' work
   * has ended by then, and no other. So thousands take a few statements, and none waits until the slowest of them has ended.
   */
  async runAll(tenants: Iterable<TenantId>): Promise<void> {
    const waiting = [...tenants].filter((tenant) => !this.#leaving.has(tenant)).values();
    const work = async () => {
      for (const tenant of waiting) await this.#end(tenant);
    };
    await Promise.all(Array.from({ length: endAtOnce }, work));
    await this.#freeing;
  }

  async #end(tenant: TenantId): Promise<void> {
    const { end, held } = this.#ports;
    const lease = held(tenant);
    this.#leaving.add(tenant);
    try {
      await end(tenant);
    } catch (error) {
      return this.#kept([tenant], error);
    }
    if (!lease) return this.#over(tenant);
    this.#ended.push(lease);
    this.#freeing ??= this.#freeAll();
  }

  async #freeAll(): Promise<void> {
    const { free, time } = this.#ports;
    while (this.#ended.length > 0) {
      const leases = this.#ended.splice(0, freeAtOnce);
      try {
        await free(leases, (tenant) => this.#passedOn.set(tenant, time.now()));
        for (const { tenant } of leases) this.#over(tenant);
      } catch (error) {
        this.#kept(
          leases.map(({ tenant }) => tenant),
          error,
        );
      }
    }
    // Before anything else can end.
    this.#freeing = undefined;
  }

  #kept(tenants: readonly TenantId[], error: unknown): void {
    this.#ports.logger.warn({ err: error, tenants }, 'leases could not be passed on, and are kept');
    for (const tenant of tenants) this.#over(tenant);
  }

  #over(tenant: TenantId): void {
    this.#leaving.delete(tenant);
    this.#ports.over(tenant);
  }
}
