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
  /** Frees the lease, if it is still held; `freeing` is called just before. */
  readonly free: (lease: Lease, freeing: () => void) => Promise<void>;
  /** Called when it has ended, however. */
  readonly over: (tenant: TenantId) => void;
}

const leaveAtOnce = 32;
/** How long a lease that was passed on is left to the others, and how long whoever asks for it here waits for them. */
export const leftToOthersMs = 2_000;

/** The leases that a replica is passing on to others, and those that it has just passed on. */
export class PassingOn {
  readonly #ports: PassingOnPorts;
  readonly #leaving = new Set<TenantId>();
  readonly #passedOn = new Map<TenantId, Instant>();

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

  async run(tenant: TenantId): Promise<void> {
    const { end, held, free, over, time, logger } = this.#ports;
    const lease = held(tenant);
    this.#leaving.add(tenant);
    try {
      await end(tenant);
      if (lease) await free(lease, () => this.#passedOn.set(tenant, time.now()));
    } catch (error) {
      logger.warn({ err: error, tenant }, 'a lease could not be passed on, and is kept');
    } finally {
      this.#leaving.delete(tenant);
    }
    over(tenant);
  }

  /** All of these, several at a time. */
  async runAll(tenants: Iterable<TenantId>): Promise<void> {
    const waiting = [...tenants].filter((tenant) => !this.#leaving.has(tenant));
    const work = async () => {
      for (let tenant = waiting.shift(); tenant; tenant = waiting.shift()) await this.run(tenant);
    };
    await Promise.all(Array.from({ length: leaveAtOnce }, work));
  }
}
