import process from 'node:process';
import { Registry } from 'prom-client';
import { CacheMetrics } from '#infra/cache/cache-metrics.ts';
import { openDatabase } from '#infra/database/pool.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import { openFeatureFlags } from '../feature-flags.ts';

/** A process that decides by features, as audio does: tells its parent what is off, each time that it is asked. */
interface Start {
  readonly url: string;
  readonly tenant: TenantId;
  readonly guild: Snowflake;
}

process.once('message', async ({ url, tenant, guild }: Start) => {
  const database = openDatabase({ url, maxConnections: 2 });
  const flags = await openFeatureFlags({ database, clock: systemClock, metrics: new CacheMetrics(new Registry()) });
  process.on('message', async () => process.send?.(await flags.off({ tenant, guild })));
  process.send?.(await flags.off({ tenant, guild }));
});
process.once('disconnect', () => process.exit(0));
