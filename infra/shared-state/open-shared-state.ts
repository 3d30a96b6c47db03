import { randomUUID } from 'node:crypto';
import type { Clock } from '#infra/kernel/clock.ts';
import { MemoryCounts } from './memory-counts.ts';
import { MemoryState } from './memory-state.ts';
import type { RedisOwner } from './redis-link.ts';
import type { SharedStateSettings } from './settings.ts';
import type { SharedCounts } from './shared-counts.ts';
import type { SharedState } from './shared-state.ts';

type Owner = RedisOwner & { readonly clock: Clock };

/** Opens the state that the settings name, whether it can be reached now or not. The client is loaded only for Redis. */
export async function openSharedState(settings: SharedStateSettings, owner: Owner): Promise<SharedState> {
  if (settings.kind === 'memory') return new MemoryState(owner.clock);
  if (settings.kind === 'postgres') {
    const { PostgresState } = await import('./postgres-state.ts');
    return new PostgresState(settings.url, owner);
  }
  const { RedisState } = await import('./redis-state.ts');
  return new RedisState(settings, owner);
}

/** Opens what the replicas of a part count for each other, as `openSharedState` does. */
export async function openSharedCounts(settings: SharedStateSettings, owner: Owner): Promise<SharedCounts> {
  const replica = randomUUID();
  if (settings.kind === 'memory') return new MemoryCounts(owner.clock, replica);
  if (settings.kind === 'postgres') {
    const { PostgresCounts } = await import('./postgres-counts.ts');
    return new PostgresCounts(settings.url, owner, replica);
  }
  const { RedisCounts } = await import('./redis-counts.ts');
  return new RedisCounts(settings, owner, replica);
}
