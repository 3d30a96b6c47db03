import type { Database } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';

/** The request channel of each guild that has one, by guild, as its settings say (services/contracts/settings.ts). */
export type RequestChannels = ReadonlyMap<string, string>;

export interface RequestChannelStore {
  of(tenant: TenantId): Promise<RequestChannels>;
}

/** More than a bot is in guilds with one session (2,500). */
const most = 5_000;

/** The settings belong to the audio service; the edge reads this one itself, since it has to know it before it connects. */
export const createRequestChannelStore = (database: Pick<Database, 'inTenant'>): RequestChannelStore => ({
  of: (tenant) =>
    database.inTenant(tenant, async (transaction) => {
      const { rows } = await transaction.query<{ guild: string; channel: string }>(
        `select guild_id as guild, document ->> 'requestChannel' as channel from guild_settings
           where tenant_id = $1 and document ->> 'requestChannel' is not null limit $2`,
        [tenant, most],
      );
      return new Map(rows.map(({ guild, channel }) => [guild, channel]));
    }),
});
