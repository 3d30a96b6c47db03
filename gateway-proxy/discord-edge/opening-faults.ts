import { BailiwickError, hasCode } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { HealthCheck } from '#infra/observability/health.ts';
import { keysAwayCode } from '#security/keyring/custodian.ts';

/** The tenant's own key cannot be used: for the tenant to resolve, and no fault of this process. */
export const isExternal = (error: unknown): error is BailiwickError => hasCode(error, 'keyring.external-key');
export const isKeyFault = (error: unknown): boolean =>
  error instanceof BailiwickError && error.code.startsWith('keyring.');
/** A dependency is unavailable. */
export const isPassing = (error: unknown): boolean =>
  error instanceof BailiwickError && error.status === 503 && (!isKeyFault(error) || error.code === keysAwayCode);

/** Why sessions could not be opened at the last attempt; kept until they open or are no longer wanted. */
export class OpeningFaults {
  readonly #reasons = new Map<TenantId, string>();
  /** Those of them that the tenants' own keys cause. */
  readonly #withoutKey = new Set<TenantId>();

  add(tenant: TenantId, error: unknown): void {
    this.#reasons.set(tenant, reasonOf(error));
    if (isExternal(error)) this.#withoutKey.add(tenant);
    else this.#withoutKey.delete(tenant);
  }

  delete(tenant: TenantId): void {
    this.#reasons.delete(tenant);
    this.#withoutKey.delete(tenant);
  }

  /** For the tenant to read; undefined if nothing is wrong. */
  reason(tenant: TenantId): string | undefined {
    return this.#reasons.get(tenant);
  }

  get tenants(): Iterable<TenantId> {
    return this.#reasons.keys();
  }

  /** Whether every session that should be open could be opened. */
  readonly health: HealthCheck = () => {
    const faults = [...this.#reasons].filter(([tenant]) => !this.#withoutKey.has(tenant));
    const [first] = faults;
    if (!first) return { status: 'healthy' };
    return { status: 'degraded', detail: `${faults.length} session(s) cannot be opened. ${first[1]}` };
  };
}

function reasonOf(error: unknown): string {
  if (error instanceof BailiwickError && error.code === keysAwayCode)
    return `The bot cannot connect to Discord. ${error.message} It then connects by itself.`;
  if (isPassing(error)) return 'The platform cannot open the session right now and keeps trying automatically.';
  if (isExternal(error)) return `The bot is stopped. ${error.message}`;
  return isKeyFault(error)
    ? "The stored Discord token cannot be decrypted. Store it again, or ask the operator to restore this tenant's key."
    : 'The session could not be opened. If this continues, contact the operator.';
}
