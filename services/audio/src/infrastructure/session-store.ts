import { z } from 'zod';
import type { Database, Transaction } from '#infra/database/pool.ts';
import { snowflakeSchema, tenantId } from '#infra/kernel/ids.ts';
import { leftOutSchema, loopSchema, presetNames } from '#services/contracts/player.ts';
import type { SessionStore } from '../application/ports.ts';
import { noFilters } from '../domain/filters.ts';
import type { Session } from '../domain/session.ts';
import { entrySchema } from './entry-schema.ts';

const filtersSchema = z.object({
  presets: z.array(z.enum(presetNames)).readonly(),
  speed: z.number(),
  pitch: z.number(),
  equaliser: z.object({ bass: z.number(), mid: z.number(), treble: z.number() }),
});

/** The document of a music_session row. New fields need a default, for older rows. */
const documentSchema = z.object({
  current: entrySchema.nullable(),
  playback: z.enum(['waiting', 'requested', 'playing']),
  attempt: z.number(),
  positionMs: z.number(),
  asOfMs: z.number(),
  paused: z.boolean(),
  volume: z.number(),
  filters: filtersSchema.default(noFilters),
  queue: z.array(entrySchema),
  history: z.array(entrySchema).default([]),
  loop: loopSchema.default('off'),
  unshuffled: z.array(z.string()).nullable().default(null),
  voiceChannel: snowflakeSchema.nullable(),
  textChannel: snowflakeSchema.nullable(),
  message: z.object({ channelId: snowflakeSchema, messageId: snowflakeSchema }).nullable(),
  node: z.string().nullable(),
  reason: z.object({ text: z.string(), entryId: z.string().nullable() }).nullable().default(null),
  failureRun: z.number(),
  doneRequests: z
    .array(
      z.object({
        id: z.string(),
        atMs: z.number(),
        added: z
          .object({
            first: entrySchema.nullable(),
            count: z.number(),
            playlistName: z.string().nullable(),
            leftOut: z.array(leftOutSchema).default([]),
          })
          .optional(),
      }),
    )
    .default([]),
  votes: z
    .object({ entryId: z.string(), users: z.array(snowflakeSchema), share: z.number().default(1) })
    .nullable()
    .default(null),
});

const rowSchema = z.object({
  tenant_id: z.string(),
  guild_id: snowflakeSchema,
  version: z.number(),
  document: documentSchema,
});

const columns = 'tenant_id, guild_id, version, document';
const isActive = "(document->'current' <> 'null' or document->'voiceChannel' <> 'null')";
/** More players than this need a second process. */
const activeLimit = 10_000;

/** Sessions in table music_session, one row per guild. */
export function createSessionStore(database: Database): SessionStore {
  return {
    read: (guildKey) =>
      database.inTenant(guildKey.tenant, async (transaction) => {
        const text = `select ${columns} from music_session where tenant_id = $1 and guild_id = $2`;
        const { rows } = await transaction.query(text, [guildKey.tenant, guildKey.guild]);
        return rows[0] ? parse(rows[0]).session : undefined;
      }),
    write: (guildKey, session) =>
      database.inTenant(guildKey.tenant, async (transaction) => {
        const { guild, version, ...document } = session;
        const values = [guildKey.tenant, guild, version, JSON.stringify(document)];
        const { rowCount } = await transaction.query(version === 1 ? insert : update, values);
        return rowCount === 1;
      }),
    writePosition: (guildKey, { version, positionMs, asOfMs }) =>
      database.inTenant(guildKey.tenant, async (transaction) => {
        const patch = JSON.stringify({ positionMs: Math.round(positionMs), asOfMs });
        const text = `update music_session set document = document || $4::jsonb, updated_at = now()
          where tenant_id = $1 and guild_id = $2 and version = $3`;
        await transaction.query(text, [guildKey.tenant, guildKey.guild, version, patch]);
      }),
    active: (tenant) =>
      database.inTenant(tenant, async (transaction) => {
        const found = await selectActive(transaction, 'tenant_id = $1', [tenant]);
        return found.map(({ session }) => session);
      }),
    activeEverywhere: () => database.acrossTenants((transaction) => selectActive(transaction, 'true', [])),
    deleteTenant: (tenant) =>
      database.inTenant(tenant, async (transaction) => {
        await transaction.query('delete from music_session where tenant_id = $1', [tenant]);
        await transaction.query('delete from lavalink_session where tenant_id = $1', [tenant]);
      }),
  };
}

const insert = `insert into music_session (tenant_id, guild_id, version, document) values ($1, $2, $3, $4)
  on conflict (tenant_id, guild_id) do nothing`;
const update = `update music_session set version = $3, document = $4, updated_at = now()
  where tenant_id = $1 and guild_id = $2 and version = $3 - 1`;

async function selectActive(transaction: Transaction, where: string, values: unknown[]) {
  const text = `select ${columns} from music_session where ${where} and ${isActive} order by updated_at desc limit ${activeLimit}`;
  const { rows } = await transaction.query(text, values);
  return rows.map(parse);
}

function parse(row: unknown): { tenant: ReturnType<typeof tenantId>; session: Session } {
  const { tenant_id, guild_id, version, document } = rowSchema.parse(row);
  return { tenant: tenantId(tenant_id), session: { guild: guild_id, version, ...document } };
}
