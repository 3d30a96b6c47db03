import type { Database } from '#infra/database/pool.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { journal } from '#security/audit/journal.ts';
import { auditRecord } from '#security/audit/record.ts';
import type { ExternalKeyUse, StoredExternalKey } from './external-key-store.ts';
import type { TenantKeyring } from './tenant-keyring.ts';
import { ExternalKeyFault } from './faults.ts';
import type { ExternalKeysSettings } from './settings.ts';

/** How often a key that cannot be used is looked at, so that what depends on it starts again soon. */
const returnEveryMs = 5_000;
const atOnce = 32;
/** A single refusal may be one of a Vault that is being changed. */
const refusalsUntilLost = 2;

export interface ExternalKeyWatchPorts extends TenantKeyring {
  readonly keeper: string;
  readonly database: Pick<Database, 'inTenant'>;
  readonly settings: ExternalKeysSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A tenant's key cannot be used any more; its data keys are forgotten. */
  readonly lost?: (tenant: TenantId) => void;
  /** It can be used again, whether it was lost or only a call with it has failed. */
  readonly returned?: (tenant: TenantId) => void;
}

interface Seen {
  /** When it last could be used, as far as this process knows. */
  usableAtMs: number;
  checkedAtMs: number;
  refusals: number;
  isLost: boolean;
}

/**
 * Checks the keys that tenants have in their own Vaults. A key that is refused twice in a row, or whose Vault gives no
 * answer for as long as data keys are cached, is lost: that is recorded, the tenant's data keys are forgotten, and what
 * depends on them ends. Once it can be used again, so does everything else.
 */
export class ExternalKeyWatch implements AsyncDisposable {
  readonly #ports: ExternalKeyWatchPorts;
  readonly #seen = new Map<string, Seen>();
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(ports: ExternalKeyWatchPorts) {
    this.#ports = ports;
  }

  start(): this {
    const { clock, logger, settings } = this.#ports;
    const everyMs = Math.min(returnEveryMs, settings.checkEverySec * 1_000);
    const { signal } = this.#stopping;
    this.#running = (async () => {
      while (!signal.aborted) {
        await pause(everyMs * (0.8 + Math.random() * 0.4), clock, signal);
        if (signal.aborted) return;
        await this.round().catch((error: unknown) =>
          logger.warn({ err: error }, "could not look after tenants' own keys"),
        );
      }
    })();
    return this;
  }

  /** Checks what is due. */
  async round(): Promise<void> {
    const { externalKeys } = this.#ports;
    await externalKeys.tidy();
    await externalKeys.load();
    const all = externalKeys.inUse();
    const ids = new Set(all.map(({ key }) => key.id));
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id);
    const queue = all.filter((each) => this.#isDue(each));
    const work = async () => {
      for (let next = queue.shift(); next && !this.#stopping.signal.aborted; next = queue.shift())
        await this.#look(next).catch((error: unknown) =>
          this.#ports.logger.warn({ err: error }, "could not look after a tenant's own key"),
        );
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  #isDue({ key, lostAt }: ExternalKeyUse & { readonly key: StoredExternalKey }): boolean {
    const { clock, settings, externalKeys } = this.#ports;
    const seen = this.#seen.get(key.id);
    if (!seen || seen.isLost || lostAt || seen.refusals > 0 || externalKeys.isFailing(key.id)) return true;
    // As many rounds as fit.
    return clock.now() - seen.checkedAtMs >= settings.checkEverySec * 1_000 - returnEveryMs / 2;
  }

  async #look({ key, lostAt }: ExternalKeyUse & { readonly key: StoredExternalKey }): Promise<void> {
    const { clock, externalKeys, settings } = this.#ports;
    const now = clock.now();
    const seen = this.#seen.get(key.id) ?? { usableAtMs: now, checkedAtMs: now, refusals: 0, isLost: false };
    this.#seen.set(key.id, seen);
    seen.checkedAtMs = now;
    const wasFailing = externalKeys.isFailing(key.id);
    try {
      await externalKeys.check(key);
    } catch (error) {
      if (!(error instanceof ExternalKeyFault)) throw error;
      seen.refusals = error.isDecided ? seen.refusals + 1 : 0;
      const isOver = error.isDecided
        ? seen.refusals >= refusalsUntilLost
        : clock.now() - seen.usableAtMs >= settings.silentForSec * 1_000;
      if (isOver) await this.#lost(key.tenant, seen, error);
      return;
    }
    const wasLost = seen.isLost || lostAt !== null;
    Object.assign(seen, { usableAtMs: clock.now(), refusals: 0, isLost: false });
    if (wasLost) await this.#returned(key.tenant);
    // What could not be opened meanwhile need not wait for its next attempt.
    if (wasLost || wasFailing) this.#ports.returned?.(key.tenant);
  }

  async #lost(tenant: TenantId, seen: Seen, fault: ExternalKeyFault): Promise<void> {
    const { clock, database, envelope, externalKeys, logger } = this.#ports;
    const at = clock.now();
    await database.inTenant(tenant, async (transaction) => {
      if (!(await externalKeys.store.lost(transaction, tenant, fault.message, new Date(at)))) return;
      await journal(transaction, [this.#record(tenant, { outcome: 'failed', reason: fault.message }, at)]);
    });
    envelope.forget(tenant);
    if (seen.isLost) return;
    seen.isLost = true;
    logger.warn({ tenant, kind: fault.kind }, "a tenant's own key cannot be used any more");
    this.#ports.lost?.(tenant);
  }

  async #returned(tenant: TenantId): Promise<void> {
    const { clock, database, externalKeys, logger } = this.#ports;
    await database.inTenant(tenant, async (transaction) => {
      if (!(await externalKeys.store.returned(transaction, tenant))) return;
      const reason = "The tenant's own key can be used again.";
      await journal(transaction, [this.#record(tenant, { outcome: 'succeeded', reason }, clock.now())]);
    });
    logger.info({ tenant }, "a tenant's own key can be used again");
  }

  #record(tenant: TenantId, what: { outcome: 'failed' | 'succeeded'; reason: string }, nowMs: number) {
    const actor = { type: 'service', id: this.#ports.keeper } as const;
    const event = { tenant, kind: 'security', action: 'key.external', actor, target: 'external key', ...what } as const;
    return auditRecord(event, nowMs);
  }
}
