import { TenantCache, type TenantCacheOptions } from '#infra/cache/tenant-cache.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { VersionedSettings } from '#services/contracts/settings.ts';
import type { SettingsStore } from '../application/guild-settings.ts';

const bounds = { freshMs: 5 * 60_000, staleMs: 0, maxEntries: 10_000, maxBytes: 8 * 1024 * 1024 };

/** What is stored of a guild; null if it has never stored any. */
type Stored = VersionedSettings | null;

/** A settings store that remembers what it has read, and can forget a tenant. */
export type CachedSettings = SettingsStore & { forget(tenant: TenantId): void };

/**
 * Only the process that holds a tenant's lease reads and changes its settings here, so what it knows of them is true until it
 * changes them itself. Whoever gets the lease forgets the tenant first.
 */
export function cachedSettings(
  store: SettingsStore,
  options: Pick<TenantCacheOptions<Stored>, 'clock' | 'metrics'>,
): CachedSettings {
  const cache = new TenantCache<Stored>({ ...bounds, ...options, name: 'settings', parse: () => undefined });
  return {
    ...store,
    read: async ({ tenant, guild }) =>
      (await cache.get({ tenant, name: guild }, async () => (await store.read({ tenant, guild })) ?? null)) ??
      undefined,
    async change({ tenant, guild }, edit) {
      try {
        const stored = await store.change({ tenant, guild }, edit);
        cache.put({ tenant, name: guild }, stored);
        return stored;
      } catch (error) {
        // Whether it was stored may be unknown.
        cache.forget(tenant);
        throw error;
      }
    },
    async deleteTenant(tenant) {
      await store.deleteTenant(tenant);
      cache.forget(tenant);
    },
    forget: (tenant) => cache.forget(tenant),
  };
}
