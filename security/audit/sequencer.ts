import { saysUnavailable } from '#infra/database/database-errors.ts';
import { systemClock, type Clock } from '#infra/kernel/clock.ts';
import type { Leadership } from '#infra/database/leadership.ts';
import type { Database } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { LogKeys, LogSigner } from './log-keys.ts';
import { seal, tenantsWaiting, type Sealed } from './seal.ts';

export interface SequencerOptions {
  /** For reporting what waits; its role is the worker's. */
  readonly database: Pick<Database, 'acrossTenants'>;
  /** Becomes the leader, or returns undefined while another is (`tryToLead` of infra/database/leadership.ts). */
  readonly lead: () => Promise<Leadership | undefined>;
  readonly keys: LogKeys;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** While there is something to seal, it pauses this long between batches: each costs a signature per tenant. */
  readonly gatherMs?: number;
  /**
   * How soon it looks again when nothing was journalled, or after a fault; from the second time on twice as late, since
   * each look costs the database a transaction.
   */
  readonly pollMs?: number;
  /** Most rows of the journal that one transaction seals; each holds the records of one transaction for one tenant. */
  readonly batchRows?: number;
  /** A tenant whose log cannot be signed or is inconsistent is skipped for this long. */
  readonly passOverMs?: number;
  /** Called after each batch; for metrics. */
  readonly onSealed?: (records: number) => void;
}

export interface SequencerStatus {
  readonly leader: boolean;
  /** How long the oldest journalled record has waited, in milliseconds; 0 if none waits. */
  readonly lagMs: number;
  /** Tenants whose records cannot be sealed now, with the fault's code. */
  readonly passedOver: ReadonlyMap<TenantId, string>;
}

/** Moves journalled records into tenants' logs within a second; of all sequencers that run, one at a time works. */
export interface Sequencer extends AsyncDisposable {
  /** Asks the database, so that a standby and a stuck sequencer report the truth too. */
  status(): Promise<SequencerStatus>;
}

const mostPauses = 2;

/** After a batch of fewer records than this, what is new waits for the next round: looking at once costs a transaction. */
const largeBatch = 500;

/** The name of the lock that the leader holds. */
export const sequencerLock = 'bailiwick audit sequencer';

export const startSequencer = (options: SequencerOptions): Sequencer => new RunningSequencer(options);

class RunningSequencer implements Sequencer {
  readonly #options: SequencerOptions;
  readonly #clock: Clock;
  readonly #batchRows: number;
  readonly #passedOver = new Map<TenantId, { code: string; untilMs: number }>();
  #leadership: Leadership | undefined;
  #cancel: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;
  #idleRounds = 0;

  constructor(options: SequencerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#batchRows = options.batchRows ?? 5_000;
    this.#wakeIn(0);
  }

  async status(): Promise<SequencerStatus> {
    const lagMs = await this.#options.database.acrossTenants(async (transaction) => {
      const { rows } = await transaction.query<{ lag: string }>(
        'select extract(epoch from clock_timestamp() - journalled_at) * 1000 as lag from audit_journal order by id limit 1',
      );
      return Math.max(0, Number(rows[0]?.lag ?? 0));
    });
    const passedOver = new Map([...this.#passedOver].map(([tenant, { code }]) => [tenant, code]));
    return { leader: this.#leads(), lagMs, passedOver };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#running;
    await this.#leadership?.[Symbol.asyncDispose]();
  }

  #leads = (): boolean => this.#leadership !== undefined && !this.#leadership.lost.aborted;

  #wakeIn(delayMs: number): void {
    if (this.#stopped) return;
    this.#cancel = this.#clock.after(delayMs, () => {
      this.#running = this.#round().then((sealed) => {
        this.#running = undefined;
        this.#idleRounds = sealed ? 0 : this.#idleRounds + 1;
        this.#wakeIn(sealed ? (this.#options.gatherMs ?? 200) : this.#pauseMs());
      });
    });
  }

  #pauseMs(): number {
    const { pollMs = 250 } = this.#options;
    return pollMs * Math.min(this.#idleRounds, mostPauses);
  }

  /** Whether anything was sealed. */
  async #round(): Promise<boolean> {
    let sealed = false;
    try {
      const leadership = await this.#lead();
      if (!leadership) return false;
      for (let more = true; more && !this.#stopped;) {
        const batch = await this.#sealSome(leadership);
        sealed ||= batch !== 'nothing';
        more = batch === 'much';
      }
    } catch (error) {
      if (!this.#stopped) this.#options.logger.error({ err: error }, 'sealing the audit log failed');
      return false;
    }
    return sealed;
  }

  async #lead(): Promise<Leadership | undefined> {
    if (this.#leads()) return this.#leadership;
    await this.#leadership?.[Symbol.asyncDispose]();
    this.#leadership = await this.#options.lead();
    if (this.#leadership) this.#options.logger.info('became the leader for sealing audit logs');
    return this.#leadership;
  }

  /**
   * Seals one batch; if that fails, each tenant alone, so that one damaged log does not hold up the others. After `much`
   * there may be more to do.
   */
  async #sealSome(leadership: Leadership): Promise<'nothing' | 'some' | 'much'> {
    const tenants = await leadership.acrossTenants((transaction) =>
      tenantsWaiting(transaction, this.#avoided(), this.#batchRows),
    );
    const signers = await this.#signersOf(tenants);
    if (signers.size === 0) return tenants.length > 0 ? 'much' : 'nothing';
    try {
      const { records, replaced } = await this.#sealWith(leadership, signers);
      if (records >= Math.min(largeBatch, this.#batchRows) || replaced.length > 0 || signers.size < tenants.length)
        return 'much';
      return records > 0 ? 'some' : 'nothing';
    } catch (error) {
      if (leadership.lost.aborted) throw error;
      this.#options.logger.warn({ err: error }, 'could not seal a batch; trying each tenant separately');
      for (const [tenant, signer] of signers) {
        await this.#attempt(tenant, () => this.#sealWith(leadership, new Map([[tenant, signer]])));
      }
      return 'much';
    }
  }

  async #sealWith(leadership: Leadership, signers: ReadonlyMap<TenantId, LogSigner>): Promise<Sealed> {
    const sealed = await leadership.acrossTenants((transaction) => seal(transaction, signers, this.#batchRows));
    for (const tenant of sealed.replaced) this.#options.keys.forget(tenant);
    this.#options.onSealed?.(sealed.records);
    return sealed;
  }

  async #signersOf(tenants: readonly TenantId[]): Promise<Map<TenantId, LogSigner>> {
    const signers = new Map<TenantId, LogSigner>();
    for (const tenant of tenants) {
      const signer = await this.#attempt(tenant, () => this.#options.keys.signerFor(tenant));
      if (signer) signers.set(tenant, signer);
    }
    return signers;
  }

  async #attempt<Result>(tenant: TenantId, work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      const result = await work();
      this.#passedOver.delete(tenant);
      return result;
    } catch (error) {
      if (this.#leadership?.lost.aborted || saysUnavailable(error)) throw error;
      this.#options.logger.error({ err: error, tenant }, "could not seal a tenant's audit log");
      const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
      this.#passedOver.set(tenant, { code, untilMs: this.#clock.now() + (this.#options.passOverMs ?? 5_000) });
      return undefined;
    }
  }

  /**
   * Those whose time is not over. An entry stays until the tenant has been sealed, so that health keeps reporting it.
   */
  #avoided(): TenantId[] {
    const nowMs = this.#clock.now();
    return [...this.#passedOver].filter(([, { untilMs }]) => untilMs > nowMs).map(([tenant]) => tenant);
  }
}
