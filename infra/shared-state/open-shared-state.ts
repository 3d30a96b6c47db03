import type { Clock } from '#infra/kernel/clock.ts';
import { MemoryState } from './memory-state.ts';
import type { RedisOwner } from './redis-state.ts';
import type { SharedStateSettings } from './settings.ts';
import type { SharedState } from './shared-state.ts';

/** Opens the state that the settings name, whether it can be reached now or not. The client is loaded only for Redis. */
export async function openSharedState(
  settings: SharedStateSettings,
  { clock, ...owner }: RedisOwner & { readonly clock: Clock },
): Promise<SharedState> {
  if (settings.kind === 'memory') return new MemoryState(clock);
  if (settings.kind === 'postgres') {
    const { PostgresState } = await import('./postgres-state.ts');
    return new PostgresState(settings.url, { ...owner, clock });
  }
  const { RedisState } = await import('./redis-state.ts');
  return new RedisState(settings, owner);
}
