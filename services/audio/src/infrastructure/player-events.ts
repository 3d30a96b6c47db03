import type { TenantId } from '#infra/kernel/ids.ts';
import type { PlayerEvent } from '#services/contracts/player.ts';
import type { Events, PlayerFeed } from '../application/ports.ts';

type PlayerListener = (event: PlayerEvent) => void;

/**
 * Delivers player events to whoever follows a tenant in this process. Nothing is stored: a new follower reads first.
 */
export class PlayerEvents implements Events, PlayerFeed {
  readonly #listeners = new Map<TenantId, Set<PlayerListener>>();

  publish(tenant: TenantId, event: PlayerEvent): void {
    for (const listener of this.#listeners.get(tenant) ?? []) listener(event);
  }

  count(tenant: TenantId): number {
    return this.#listeners.get(tenant)?.size ?? 0;
  }

  subscribe(tenant: TenantId, listener: PlayerListener): () => void {
    const listeners = this.#listeners.get(tenant) ?? new Set();
    this.#listeners.set(tenant, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(tenant);
    };
  }
}
