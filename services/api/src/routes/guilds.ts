import { z } from 'zod';
import type { DenialCode } from '#infra/http/denial-codes.ts';
import { hasCode } from '#infra/kernel/errors.ts';
import { snowflake, snowflakeSchema, type TenantId } from '#infra/kernel/ids.ts';
import { addressOf } from '#policies/addresses.ts';
import { isAway } from '#security/identity/caller.ts';
import { playerListSchema, playerSummarySchema } from '#services/contracts/player.ts';
import {
  guildDetailSchema,
  guildListSchema,
  guildMembersSchema,
  guildSummarySchema,
  maxMemberQueryLength,
  mostGuildMembers,
} from '#tenants/instance-protocol/guilds.ts';
import { nextCursorSchema, pageQuery } from '../pages.ts';
import { personOnly, personOrKey } from '../operation-access.ts';
import { guildParams, inGuild, inTenant, tenantParams, type ApiPorts, type ApiRoutes } from './api-routes.ts';

const guildSchema = guildSummarySchema.extend({
  /** What is playing there; null for nothing, and for callers who may not see players. */
  player: playerSummarySchema.nullable(),
  /** 0 if the tenant has no policy for it. */
  policyVersion: z.number().int(),
});

/** The servers that a tenant's bot is in, as Discord reports them now. */
export const guildRoutes: ApiRoutes = (app, ports) => {
  const { access, caller, config, pages } = ports;

  app.get(
    `${inTenant}/guilds`,
    {
      config: { ...config, access: personOrKey('tenant.read'), problems: [502] },
      schema: {
        operationId: 'listGuilds',
        tags: ['Guilds'],
        summary: 'Returns the servers that the bot is in, by name, with what is playing there',
        params: tenantParams,
        querystring: pageQuery,
        response: { 200: z.object({ items: z.array(guildSchema), nextCursor: nextCursorSchema }) },
      },
    },
    async (request) => {
      const { tenant } = request.params;
      const page = pages.open({ operation: 'listGuilds', tenant }, request.query, z.tuple([z.string(), z.string()]));
      const seesPlayers = (await access.standing(request, 'player.read', { tenant })) === 'allowed';
      const [{ guilds }, { players }, versions] = await Promise.all([
        caller.json(addressOf('discord-edge', 'GET /v1/tenants/:tenant/guilds', { tenant }), guildListSchema),
        seesPlayers ? playersOf(ports, tenant) : { players: [] },
        policyVersions(ports, tenant),
      ]);
      const playing = new Map<string, (typeof players)[number]>(players.map((player) => [player.guild, player]));
      const { after } = page;
      const rest = after === undefined ? guilds : guilds.filter((guild) => order(guild, after) > 0);
      const { rows, nextCursor } = page.of(rest.slice(0, page.take), ({ name, id }) => [name, id] as [string, string]);
      const items = rows.map((guild) => ({
        ...guild,
        player: playing.get(guild.id) ?? null,
        policyVersion: versions.get(guild.id) ?? 0,
      }));
      return { items, nextCursor };
    },
  );

  app.get(
    inGuild,
    {
      config: { ...config, access: personOrKey('tenant.read'), problems: [409, 502] },
      schema: {
        operationId: 'readGuild',
        tags: ['Guilds'],
        summary: "Returns a server's channels and roles, and the permissions that the bot lacks in each voice channel",
        params: guildParams,
        response: { 200: guildDetailSchema },
      },
    },
    async (request) => {
      const { tenant, guild } = request.params;
      const address = addressOf('discord-edge', 'GET /v1/tenants/:tenant/guilds/:guild', { tenant, guild });
      return caller.json(address, guildDetailSchema);
    },
  );

  guildMemberRoutes(app, ports);
};

const idsQuery = z
  .string()
  .max(mostGuildMembers * 21)
  .transform((text) => text.split(','))
  .pipe(z.array(snowflakeSchema).min(1).max(mostGuildMembers));
const membersQuery = z
  .strictObject({ query: z.string().trim().min(1).max(maxMemberQueryLength).optional(), ids: idsQuery.optional() })
  .refine(({ query, ids }) => (query === undefined) !== (ids === undefined), 'must have either `query` or `ids`');

/**
 * Discord reveals who is in a server one search or one person at a time; the whole list is never requested. Only for
 * people in the portal: no scope of an API key covers it.
 */
const guildMemberRoutes: ApiRoutes = (app, { caller, config }) => {
  app.get(
    `${inGuild}/members`,
    {
      config: { ...config, access: personOnly('guild.members'), problems: [409, 502] },
      schema: {
        operationId: 'listGuildMembers',
        tags: ['Guilds'],
        summary: `Finds members of a server whose user name or nickname begins with \`query\`, or returns the names of \`ids\` (comma-separated); at most ${mostGuildMembers}. Members whose names are currently unavailable are omitted`,
        params: guildParams,
        querystring: membersQuery,
        response: { 200: guildMembersSchema },
      },
    },
    async (request) => {
      const { tenant, guild } = request.params;
      const { query, ids = [] } = request.query;
      const asked = new URLSearchParams(query === undefined ? { ids: ids.join() } : { query });
      const address = addressOf('discord-edge', 'GET /v1/tenants/:tenant/guilds/:guild/members', { tenant, guild });
      return caller.json({ ...address, path: `${address.path}?${asked.toString()}` }, guildMembersSchema);
    },
  );
};

/** Without the audio service, the servers are still shown. */
function playersOf({ caller }: ApiPorts, tenant: TenantId): Promise<z.infer<typeof playerListSchema>> {
  return caller
    .json(addressOf('audio', 'GET /v1/tenants/:tenant/players', { tenant }), playerListSchema)
    .catch((error: unknown) => {
      if (isAway(error) || hasCode(error, 'authorize.suspended' satisfies DenialCode)) return { players: [] };
      throw error;
    });
}

async function policyVersions({ records }: ApiPorts, tenant: TenantId): Promise<ReadonlyMap<string, number>> {
  const newest = await records.inTenant(tenant, (rows) =>
    rows.guildPolicy.groupBy({ by: ['guildId'], where: { tenantId: tenant }, _max: { version: true } }),
  );
  return new Map(newest.map(({ guildId, _max }) => [snowflake(guildId), _max.version ?? 0]));
}

/** In the order of the edge. */
const order = (guild: { name: string; id: string }, [name, id]: readonly [string, string]): number =>
  guild.name.localeCompare(name, 'en') || (guild.id < id ? -1 : guild.id > id ? 1 : 0);
