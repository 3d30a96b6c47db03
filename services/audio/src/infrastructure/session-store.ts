import { z } from 'zod';
import { isUnmet, required } from '#infra/database/condition.ts';
import { commitBehind, queryAndCommit, type Database, type Transaction } from '#infra/database/pool.ts';
import { hasCode } from '#infra/kernel/errors.ts';
import { snowflakeSchema, tenantId, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Envelope, Location } from '#security/keyring/envelope.ts';
import { acrossRotation, whileSealing } from '#security/keyring/rotation.ts';
import { leftOutSchema, loopSchema, playerErrorCodes } from '#services/contracts/player.ts';
import { presetNames } from '#services/contracts/presets.ts';
import { whySchema } from '#services/contracts/why.ts';
import type { SessionStore } from '../application/ports.ts';
import { noFilters } from '../domain/filters.ts';
import type { Session } from '../domain/session.ts';
import { entrySchema } from './entry-schema.ts';
import { unlessAway } from './keys-away.ts';
import { SessionHistory } from './session-history.ts';

const filtersSchema = z.object({
  presets: z.array(z.enum(presetNames)).readonly(),
  speed: z.number(),
  pitch: z.number(),
  equaliser: z.object({ bass: z.number(), mid: z.number(), treble: z.number() }),
});

/** The document of a music_session row, once opened. New fields need a default, for older rows. */
const documentSchema = z.object({
  current: entrySchema.nullable(),
  playback: z.enum(['waiting', 'requested', 'playing']),
  attempt: z.number(),
  paused: z.boolean(),
  volume: z.number(),
  filters: filtersSchema.default(noFilters),
  queue: z.array(entrySchema),
  later: z
    .array(z.object({ id: z.string(), number: z.number(), count: z.number(), requestedBy: snowflakeSchema.nullable() }))
    .default([]),
  history: z.array(entrySchema).default([]),
  loop: loopSchema.default('off'),
  unshuffled: z.array(z.string()).nullable().default(null),
  voiceChannel: snowflakeSchema.nullable(),
  textChannel: snowflakeSchema.nullable(),
  message: z.object({ channelId: snowflakeSchema, messageId: snowflakeSchema }).nullable(),
  node: z.string().nullable(),
  reason: z
    .object({ text: z.string(), entryId: z.string().nullable(), why: whySchema.optional().catch(undefined) })
    .nullable()
    .default(null),
  failureRun: z.number(),
  skippedRun: z.array(z.string()).default([]),
  skippedCount: z.number().default(0),
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
  autoplay: z
    .object({ sources: z.array(z.string()).optional(), maxTrackLengthMs: z.number().optional() })
    .nullable()
    .default(null),
  heard: z.boolean().default(false),
  left: z.object({ entryId: z.string().nullable(), positionMs: z.number(), atMs: z.number() }).nullable().default(null),
});

const rowSchema = z.object({
  tenant_id: z.string().transform(tenantId),
  guild_id: snowflakeSchema,
  version: z.number(),
  position_ms: z.number(),
  as_of_ms: z.number(),
  // As an earlier release has left it, or sealed.
  document: z.union([z.strictObject({ sealed: z.base64() }), documentSchema]),
});
type Row = z.infer<typeof rowSchema>;

const columns = 'tenant_id, guild_id, version, position_ms, as_of_ms, document';
/** More players than this need a second process. */
const activeLimit = 10_000;
/** Rows of earlier releases that are sealed in one transaction. */
const batch = 50;
/** Tenants whose sessions are opened at the same time. */
const tenantsAtOnce = 16;

/**
 * Sessions in table music_session, one row per guild. The document is sealed with the tenant's key and bound to the
 * guild. Nothing waits for the keys in a transaction: its connection is needed for other tenants' music.
 * @param writes the same database, fenced by the tenants' leases
 */
export function createSessionStore(
  database: Database,
  writes: Pick<Database, 'inTenant'>,
  envelope: Envelope,
  history: SessionHistory,
  logger: Logger,
): SessionStore {
  const opened = async (row: Row): Promise<Session> => {
    const { guild_id: guild, version, position_ms: positionMs, as_of_ms: asOfMs, document } = row;
    const content =
      'sealed' in document
        ? documentSchema.parse(
            parseJson(await envelope.open(Buffer.from(document.sealed, 'base64'), locationOf(row.tenant_id, guild))),
          )
        : document;
    return { guild, version, positionMs, asOfMs, ...content };
  };
  const sealed = async (tenant: TenantId, guild: Snowflake, document: unknown): Promise<string> => {
    const bytes = await envelope.seal(Buffer.from(JSON.stringify(document), 'utf8'), locationOf(tenant, guild));
    return JSON.stringify({ sealed: Buffer.from(bytes).toString('base64') });
  };
  /** Those that open; one that does not must not take the others with it. */
  const openedAll = async (rows: readonly Row[]): Promise<{ tenant: TenantId; session: Session }[]> => {
    const found: { tenant: TenantId; session: Session }[] = [];
    const openSome = async (tenant: TenantId, some: readonly Row[]): Promise<void> => {
      for (const row of some) {
        try {
          found.push({ tenant, session: await opened(row) });
        } catch (error) {
          if (hasCode(error, 'keyring.unavailable')) throw error;
          logger.error({ err: error, tenant, guild: row.guild_id }, 'could not open a session');
          // The tenant's own key is needed for each of them.
          if (hasCode(error, 'keyring.external-key')) return;
        }
      }
    };
    // A tenant's own Vault may take its time, which is no other tenant's.
    const queue = [...Map.groupBy(rows, (row) => row.tenant_id)];
    const work = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await openSome(...next);
    };
    await Promise.all(Array.from({ length: tenantsAtOnce }, work));
    return found;
  };
  return {
    read: (guildKey) =>
      whileKeysAreThere(() =>
        acrossRotation(async () => {
          const text = `select ${columns} from music_session where tenant_id = $1 and guild_id = $2`;
          const { rows } = await database.inTenant(guildKey.tenant, (transaction) =>
            transaction.query(text, [guildKey.tenant, guildKey.guild]),
          );
          return rows[0] ? opened(rowSchema.parse(rows[0])) : undefined;
        }),
      ),
    write: (guildKey, session, happened) =>
      whileKeysAreThere(async () => {
        const { tenant } = guildKey;
        const { guild, version, positionMs, asOfMs, ...document } = session;
        await envelope.prepare(tenant);
        try {
          await writes.inTenant(tenant, async (transaction) => {
            await whileSealing(transaction, tenant);
            const content = await sealed(tenant, guild, document);
            const values = [tenant, guild, version, content, isActive(session), positionMs, asOfMs];
            // Sent together, with the commit; all have ended before the transaction does.
            const sent = [
              transaction.query(version === 1 ? insert : update, values),
              happened ? history.append(transaction, guildKey, { ...happened, session }) : commitBehind(transaction),
            ] as const;
            await Promise.allSettled(sent);
            await Promise.all(sent);
          });
          return true;
        } catch (error) {
          history.forget(guildKey);
          if (isUnmet(error, 'versionStored')) return false;
          throw error;
        }
      }),
    writePosition: (guildKey, { version, positionMs, asOfMs }) =>
      writes.inTenant(guildKey.tenant, async (transaction) => {
        const text = `update music_session set position_ms = $4, as_of_ms = $5, updated_at = now()
          where tenant_id = $1 and guild_id = $2 and version = $3`;
        const values = [guildKey.tenant, guildKey.guild, version, Math.round(positionMs), asOfMs];
        await queryAndCommit(transaction, { text, values });
      }),
    active: (tenant) =>
      whileKeysAreThere(() =>
        acrossRotation(async () => {
          const rows = await database.inTenant(tenant, (transaction) =>
            selectActive(transaction, 'tenant_id = $1', [tenant]),
          );
          return (await openedAll(rows)).map(({ session }) => session);
        }),
      ),
    activeOf: async (tenants) =>
      openedAll(
        await database.acrossTenants((transaction) => selectActive(transaction, 'tenant_id = any($1)', [tenants])),
      ),
    async guilds(tenant) {
      const { rows } = await database.inTenant(tenant, (transaction) =>
        transaction.query<{ guild_id: Snowflake }>(
          'select guild_id from music_session where tenant_id = $1 order by guild_id',
          [tenant],
        ),
      );
      return rows.map(({ guild_id: guild }) => guild);
    },
    async sealEarlier() {
      const { rows: tenants } = await database.acrossTenants((transaction) =>
        transaction.query<{ tenant: TenantId }>(
          "select distinct tenant_id as tenant from music_session where not document ? 'sealed'",
        ),
      );
      for (const { tenant } of tenants) {
        try {
          await envelope.prepare(tenant);
          while ((await sealSome(tenant)) === batch);
        } catch (error) {
          if (hasCode(error, 'keyring.unavailable')) throw error;
          // One tenant's own key must not keep the others from being sealed.
          logger.error(
            { err: error, tenant },
            'could not seal the sessions of a tenant; tried again at the next start',
          );
        }
      }
    },
    async deleteTenant(tenant) {
      await writes.inTenant(tenant, async (transaction) => {
        await transaction.query('delete from music_session where tenant_id = $1', [tenant]);
        await transaction.query('delete from lavalink_session where tenant_id = $1', [tenant]);
      });
      await SessionHistory.deleteTenant(writes, tenant);
    },
    eraseFromTimelines: (tenant, user) => whileKeysAreThere(() => history.eraseMember(writes, tenant, user)),
  };

  function sealSome(tenant: TenantId): Promise<number> {
    return database.inTenant(tenant, async (transaction) => {
      await whileSealing(transaction, tenant);
      const { rows } = await transaction.query<{ guild_id: Snowflake; document: Readonly<Record<string, unknown>> }>(
        `select guild_id, document from music_session where tenant_id = $1 and not document ? 'sealed'
           order by guild_id limit ${batch} for update`,
        [tenant],
      );
      for (const { guild_id: guild, document } of rows) {
        const content = await sealed(tenant, guild, document);
        await transaction.query('update music_session set document = $3 where tenant_id = $1 and guild_id = $2', [
          tenant,
          guild,
          content,
        ]);
      }
      return rows.length;
    });
  }
}

const storing = (change: string): string =>
  `with stored as (${change} returning 1) select ${required('versionStored', 'count(*) = 1')} from stored`;
const insert =
  storing(`insert into music_session (tenant_id, guild_id, version, document, active, position_ms, as_of_ms)
    values ($1, $2, $3, $4, $5, $6, $7) on conflict (tenant_id, guild_id) do nothing`);
const update = storing(`update music_session set version = $3, document = $4, active = $5, position_ms = $6,
  as_of_ms = $7, updated_at = now() where tenant_id = $1 and guild_id = $2 and version = $3 - 1`);

/** Also while its now-playing message is there: a bot that starts has to know of it to remove it. */
const isActive = ({ current, voiceChannel, message }: Session): boolean =>
  current !== null || voiceChannel !== null || message !== null;

async function selectActive(transaction: Transaction, where: string, values: unknown[]): Promise<Row[]> {
  const text = `select ${columns} from music_session where ${where} and active order by updated_at desc limit ${activeLimit}`;
  const { rows } = await transaction.query(text, values);
  return rows.map((row) => rowSchema.parse(row));
}

const locationOf = (tenant: TenantId, guild: Snowflake): Location => ({
  tenant,
  table: 'music_session',
  column: 'document',
  row: guild,
});

const parseJson = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString('utf8'));

const whileKeysAreThere = unlessAway(
  playerErrorCodes.keysAway,
  'The player cannot be read or changed right now. Try again in a few minutes; what is playing continues.',
);
