import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { isLeaseLost, type Lease } from '#infra/leases/lease.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Refusal } from '#tenants/credential/credential-events.ts';
import type { CredentialStore, StoredCredential } from './credential-store.ts';

export interface JudgementsOptions {
  readonly credentials: Pick<CredentialStore, 'judged'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What Discord thinks of a credential. */
interface Judgement {
  readonly lease: Lease;
  readonly credential: StoredCredential;
  /** Undefined: it accepts it. */
  readonly refusal: Refusal | undefined;
}

const retryMs = 5_000;

/**
 * Stores what Discord thinks of the tenants' credentials. A session does not wait for that: the latest judgement of each
 * tenant is written, again and again until it is stored or another edge serves the tenant.
 */
export class Judgements implements AsyncDisposable {
  readonly #options: JudgementsOptions;
  readonly #latest = new Map<TenantId, Judgement>();
  readonly #writing = new Map<TenantId, Promise<void>>();
  readonly #waiting = new Map<TenantId, () => void>();
  #isClosed = false;

  constructor(options: JudgementsOptions) {
    this.#options = options;
  }

  note(lease: Lease, credential: StoredCredential, refusal: Refusal | undefined): void {
    const { tenant } = lease;
    this.#latest.set(tenant, { lease, credential, refusal });
    if (!this.#writing.has(tenant)) this.#write(tenant);
  }

  #write(tenant: TenantId): void {
    this.#waiting.get(tenant)?.();
    this.#waiting.delete(tenant);
    const judgement = this.#latest.get(tenant);
    if (!judgement || this.#isClosed) return;
    const writing = this.#store(judgement).then((isOver) => {
      this.#writing.delete(tenant);
      const isLatest = this.#latest.get(tenant) === judgement;
      if (isOver && isLatest) this.#latest.delete(tenant);
      else if (!isLatest) this.#write(tenant);
      else
        this.#waiting.set(
          tenant,
          this.#options.clock.after(retryMs, () => this.#write(tenant)),
        );
    });
    this.#writing.set(tenant, writing);
  }

  /** @returns false if it has to be attempted again */
  async #store({ lease, credential, refusal }: Judgement): Promise<boolean> {
    const { credentials, logger } = this.#options;
    try {
      await credentials.judged(lease, credential, refusal);
      return true;
    } catch (error) {
      if (isLeaseLost(error)) return true;
      logger.warn({ err: error, tenant: lease.tenant }, 'could not store what Discord thinks of a credential');
      return false;
    }
  }

  /** What is being written is awaited; what could not be is found again by the next session. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const cancel of this.#waiting.values()) cancel();
    await Promise.all(this.#writing.values());
  }
}
