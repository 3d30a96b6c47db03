import type { RedisOwner } from '#infra/shared-state/redis-link.ts';
import type { RedisSettings } from '#infra/shared-state/settings.ts';
import type { Sealer, SecondLevel } from './second-level.ts';

/** Whether it can be reached now or not. The client is loaded only here: most processes have no second level. */
export async function openSecondLevel(
  settings: RedisSettings,
  owner: RedisOwner,
  sealer: Sealer,
): Promise<SecondLevel> {
  const { RedisLevel } = await import('./redis-level.ts');
  return new RedisLevel(settings, owner, sealer);
}
