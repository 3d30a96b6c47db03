import { z } from 'zod';
import type { Database } from '#infra/database/pool.ts';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { defaultSettings, guildSettingsSchema, type VersionedSettings } from '#services/contracts/settings.ts';
import type { SettingsStore } from '../application/guild-settings.ts';

/** Fields that a later release has added have their defaults. */
const documentSchema = z.preprocess((document) => ({ ...defaultSettings, ...Object(document) }), guildSettingsSchema);
const rowSchema = z.object({ guild_id: snowflakeSchema, version: z.number(), document: documentSchema });

const select = 'select guild_id, version, document from guild_settings where tenant_id = $1';

/** `writes`: transactions that are committed only while the tenant's lease is held. */
export function createSettingsStore(
  database: Pick<Database, 'inTenant'>,
  writes: Pick<Database, 'inTenant'>,
): SettingsStore {
  return {
    read: ({ tenant, guild }) =>
      database.inTenant(tenant, async (transaction) => {
        const { rows } = await transaction.query<object>(`${select} and guild_id = $2`, [tenant, guild]);
        return rows[0] && versionedOf(rows[0]);
      }),
    all: (tenant) =>
      database.inTenant(tenant, async (transaction) => {
        const { rows } = await transaction.query<object>(select, [tenant]);
        return rows.map((row) => ({ ...versionedOf(row), guild: rowSchema.parse(row).guild_id }));
      }),
    change: ({ tenant, guild }, edit) =>
      writes.inTenant(tenant, async (transaction) => {
        // A row to lock; version 0 is never seen by anybody else.
        await transaction.query(
          `insert into guild_settings (tenant_id, guild_id, version, document) values ($1, $2, 0, $3)
             on conflict do nothing`,
          [tenant, guild, JSON.stringify(defaultSettings)],
        );
        const { rows } = await transaction.query<object>(`${select} and guild_id = $2 for update`, [tenant, guild]);
        const present = versionedOf(rows[0] ?? {});
        const settings = edit(present);
        const version = present.version + 1;
        await transaction.query(
          `update guild_settings set version = $3, document = $4, updated_at = now()
             where tenant_id = $1 and guild_id = $2`,
          [tenant, guild, version, JSON.stringify(settings)],
        );
        return { settings, version };
      }),
    async deleteTenant(tenant) {
      await writes.inTenant(tenant, (transaction) =>
        transaction.query('delete from guild_settings where tenant_id = $1', [tenant]),
      );
    },
  };
}

function versionedOf(row: object): VersionedSettings {
  const { version, document } = rowSchema.parse(row);
  return { settings: document, version };
}
