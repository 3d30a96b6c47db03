import type { CacheMetrics } from '#infra/cache/cache-metrics.ts';
import { TenantCache } from '#infra/cache/tenant-cache.ts';
import type { Database } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { tenantId, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { createFeatureStore } from './feature-store.ts';
import { featureNames, isOn, type Feature, type FeatureChoice } from './features.ts';

/** Of one guild of a tenant. */
interface GuildKey {
  readonly tenant: TenantId;
  readonly guild: Snowflake;
}

/** Which features a guild has, as known in this process. */
export interface FeatureFlags extends AsyncDisposable {
  isOn(guildKey: GuildKey, feature: Feature): Promise<boolean>;
  off(guildKey: GuildKey): Promise<readonly Feature[]>;
}

const bounds = { freshMs: 5 * 60_000, staleMs: 0, maxEntries: 5_000, maxBytes: 8 * 1024 * 1024 };

/**
 * Choices are read once for a tenant and known for five minutes at most. The database notifies every process of a change,
 * and of each connection over which it could have missed one.
 */
export async function openFeatureFlags(ports: {
  readonly database: Pick<Database, 'inTenant' | 'queryInTenant' | 'listen'>;
  readonly clock: Clock;
  readonly metrics: CacheMetrics;
}): Promise<FeatureFlags> {
  const { database, clock, metrics } = ports;
  const store = createFeatureStore(database);
  const cache = new TenantCache<readonly FeatureChoice[]>({
    ...bounds,
    name: 'features',
    parse: () => undefined,
    clock,
    metrics,
  });
  const listening = await database.listen('feature', {
    notified: (payload) => cache.forget(tenantId(payload)),
    connected: () => cache.forgetAll(),
    disconnected: () => undefined,
  });
  const choicesOf = (tenant: TenantId) => cache.get({ tenant, name: 'choices' }, () => store.choices(tenant));
  return {
    isOn: async ({ tenant, guild }, feature) => isOn(await choicesOf(tenant), feature, guild),
    async off({ tenant, guild }) {
      const choices = await choicesOf(tenant);
      return featureNames.filter((feature) => !isOn(choices, feature, guild));
    },
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}
