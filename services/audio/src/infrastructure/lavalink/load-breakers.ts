import CircuitBreaker from 'opossum';
import { hasCode } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { playerErrorCodes } from '#services/contracts/player.ts';

type Fire = [() => Promise<unknown>];

/** The breaker opens when more than half of at least six loads within ten seconds fail, for this long. */
const opensAt = { rollingCountTimeout: 10_000, volumeThreshold: 6, errorThresholdPercentage: 50 };
const restMs = 5_000;
/** Tenants whose loads have failed lately, at all nodes: each has a timer. The oldest are forgotten. */
const mostKept = 500;

/**
 * Of each tenant at each node, for what the node gets from music services. Only a tenant whose loads fail has one: it is
 * made by the first failure, and forgotten when it has been closed for a while.
 */
export class LoadBreakers {
  readonly #breakers = new Map<string, CircuitBreaker<Fire, unknown>>();

  /** Rejects as `call` does, or with opossum's EOPENBREAKER. */
  async run(node: string, tenant: TenantId, call: () => Promise<unknown>): Promise<unknown> {
    const known = this.#breakers.get(keyOf(node, tenant));
    if (known) return known.fire(call);
    try {
      return await call();
    } catch (error) {
      if (isOfLoad(error)) await this.#count(keyOf(node, tenant), error);
      throw error;
    }
  }

  state(node: string, tenant: TenantId): 'closed' | 'half-open' | 'open' {
    const breaker = this.#breakers.get(keyOf(node, tenant));
    if (!breaker || breaker.closed) return 'closed';
    return breaker.opened ? 'open' : 'half-open';
  }

  /** Forgets those at nodes that are not kept. */
  keep(isKept: (node: string) => boolean): void {
    for (const key of this.#breakers.keys()) if (!isKept(key.slice(0, key.indexOf('/')))) this.#forget(key);
  }

  /** A failure of a call that began before there was a breaker; others may have made one meanwhile. */
  async #count(key: string, failure: unknown): Promise<void> {
    const breaker = this.#breakers.get(key) ?? this.#make(key);
    await breaker.fire(() => Promise.reject(failure)).catch(() => undefined);
  }

  #make(key: string): CircuitBreaker<Fire, unknown> {
    for (const [each, { closed, stats }] of this.#breakers) if (closed && stats.failures === 0) this.#forget(each);
    const [oldest] = this.#breakers.keys();
    if (oldest !== undefined && this.#breakers.size >= mostKept) this.#forget(oldest);
    const breaker = new CircuitBreaker<Fire, unknown>((call) => call(), {
      // Each call has its own limit (node-connection.ts).
      timeout: false,
      resetTimeout: restMs,
      ...opensAt,
      rollingPercentilesEnabled: false,
      errorFilter: (error: unknown) => !isOfLoad(error),
    });
    this.#breakers.set(key, breaker);
    return breaker;
  }

  #forget(key: string): void {
    this.#breakers.get(key)?.shutdown();
    this.#breakers.delete(key);
  }
}

/** The node failed over what it loaded, or had no answer in time. Whether it works at all is for the node's breaker. */
const isOfLoad = (error: unknown): boolean =>
  hasCode(error, 'player.node-failed') || hasCode(error, playerErrorCodes.nodeSilent);

const keyOf = (node: string, tenant: TenantId) => `${node}/${tenant}`;
