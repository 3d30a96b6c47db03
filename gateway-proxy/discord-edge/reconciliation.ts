import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { isExternal, isKeyFault, isPassing } from './opening-faults.ts';

export interface ReconciliationPorts {
  /** Brings one tenant's session in line with the database, once it is the tenant's turn and `starting` was called. */
  readonly reconcile: (tenant: TenantId, starting: () => void) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const retryMs = 2_000;
const retryKeyMs = 30_000;

/** Reconciles tenants in the background: each as soon as it is its turn, and again after a fault that may pass. */
export class Reconciliation {
  readonly #ports: ReconciliationPorts;
  /** Tenants whose reconciliation waits for its turn, and will include changes up to then. */
  readonly #waiting = new Set<TenantId>();
  /** Tenants whose reconciliation failed and is retried later, regardless of notifications until then. */
  readonly #retries = new Set<TenantId>();
  #closed = false;

  constructor(ports: ReconciliationPorts) {
    this.#ports = ports;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
  }

  /** Nobody waits for the work; what goes wrong with it is logged. */
  start(work: () => Promise<void>): void {
    if (this.#closed) return;
    work().catch((error: unknown) => this.failed(error));
  }

  failed(error: unknown): void {
    // What looks after the tenants' own keys has told of it once.
    const level = isExternal(error) ? 'debug' : 'error';
    this.#ports.logger[level]({ err: error }, "could not reconcile a tenant's session");
  }

  async run(tenant: TenantId): Promise<void> {
    if (this.#waiting.has(tenant)) return;
    this.#waiting.add(tenant);
    try {
      await this.#ports.reconcile(tenant, () => this.#waiting.delete(tenant));
    } catch (error) {
      this.#waiting.delete(tenant);
      if (isPassing(error)) this.#runLater(tenant, retryMs);
      else if (isKeyFault(error)) this.#runLater(tenant, retryKeyMs);
      throw error;
    }
  }

  /** Ensures that a missed suspension takes effect, and that a restored key is noticed. */
  #runLater(tenant: TenantId, delayMs: number): void {
    if (this.#retries.has(tenant)) return;
    this.#retries.add(tenant);
    this.#ports.clock.after(delayMs, () => {
      this.#retries.delete(tenant);
      this.start(() => this.run(tenant));
    });
  }
}
