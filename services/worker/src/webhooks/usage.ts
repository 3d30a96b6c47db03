import type { Database } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Deliveries } from './deliveries.ts';

const dayMs = 24 * 60 * 60_000;

/**
 * Tells each tenant that has asked for it what was used on the day before (UTC). A day is told once, however often this
 * runs.
 */
export async function reportUsage(
  { database, deliveries }: { readonly database: Database; readonly deliveries: Pick<Deliveries, 'publish'> },
  nowMs: number,
  signal: AbortSignal,
): Promise<string> {
  const today = new Date(nowMs - (nowMs % dayMs));
  const yesterday = new Date(today.getTime() - dayMs);
  const day = yesterday.toISOString().slice(0, 10);
  const tenants = await database.queryAcrossTenants<{ tenant: TenantId }>({
    text: `select distinct tenant_id as tenant from webhook_endpoint
           where disabled_at is null and 'usage.reported' = any(events) order by 1`,
    values: [],
  });
  for (const { tenant } of tenants) {
    signal.throwIfAborted();
    await database.inTenant(tenant, async (transaction) => {
      const { rows } = await transaction.query<{ tracks: number; guilds: number }>(
        `select count(*)::int as tracks, count(distinct stream)::int as guilds from event
         where tenant_id = $1 and type = 'TrackStarted' and at >= $2 and at < $3`,
        [tenant, yesterday, today],
      );
      const { tracks = 0, guilds = 0 } = rows[0] ?? {};
      await deliveries.publish(transaction, tenant, {
        id: `msg_usage_${day}_${tenant}`,
        type: 'usage.reported',
        at: today,
        data: { day, tracksStarted: tracks, guilds },
      });
    });
  }
  return `Told ${tenants.length} tenants of ${day}.`;
}
