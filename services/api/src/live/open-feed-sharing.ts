import type { Clock } from '#infra/kernel/clock.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { SharedStateSettings } from '#infra/shared-state/settings.ts';
import type { SharedCounts } from '#infra/shared-state/shared-counts.ts';
import type { Envelope } from '#security/keyring/envelope.ts';
import { createFeedSharing, type FeedSharing } from './feed-sharing.ts';

/** If Redis is configured; otherwise each replica follows the parts of the platform itself. The client is loaded only for Redis. */
export async function openFeedSharing(
  settings: SharedStateSettings,
  ports: {
    readonly installation: InstallationId;
    readonly counts: SharedCounts;
    readonly envelope: Envelope;
    readonly clock: Clock;
    readonly logger: Logger;
  },
): Promise<FeedSharing | undefined> {
  if (settings.kind !== 'redis') return undefined;
  const { RedisFanOut } = await import('#infra/streaming/redis-fan-out.ts');
  const { installation, logger } = ports;
  return createFeedSharing({ ...ports, fanOut: new RedisFanOut(settings, { installation, part: 'api', logger }) });
}
