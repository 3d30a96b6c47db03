import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { HttpApp } from '#infra/http/http-app.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { snowflake, snowflakeSchema, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import {
  enqueueRequestSchema,
  messageRequestSchema,
  moveRequestSchema,
  pickRequestSchema,
  voiceRequestSchema,
  volumeRequestSchema,
  playerOperations,
  type EnqueueResponse,
  type LyricsResponse,
  type OperationRequest,
  type OperationResponse,
  type Player,
  type PlayerOperation,
  type playerListSchema,
  type QueueSlice,
  type SearchResponse,
  type SkipResponse,
  type Sound,
} from '#services/contracts/player.ts';
import { actionOf } from '#policies/routes.ts';
import type { Grant } from '#security/identity/grant.ts';
import type { Obligations } from '#security/identity/obligations.ts';
import type { Asker } from '../application/member-rules.ts';
import type { GuildKey } from '../application/ports.ts';
import type { QueuePart } from '../application/view.ts';
import type { Placement } from '../domain/queueing.ts';
import type { Session } from '../domain/session.ts';

/** `named`: the voice channel that a caller of the portal names; `placement`: where tracks are added, at the end by default. */
export interface HowToAdd {
  readonly named?: Snowflake | undefined;
  readonly placement?: Placement | undefined;
}

/** The operations of the audio service; one use case each. */
export interface PlayerCommands {
  read(guildKey: GuildKey): Promise<Player>;
  search(tenant: TenantId, query: string, obligations?: Obligations): Promise<SearchResponse>;
  list(tenant: TenantId): Promise<z.infer<typeof playerListSchema>>;
  slice(guildKey: GuildKey, part: QueuePart): Promise<QueueSlice>;
  sound(guildKey: GuildKey): Promise<Sound>;
  lyrics(guildKey: GuildKey): Promise<LyricsResponse>;
  enqueue(guildKey: GuildKey, asker: Asker, query: string, how?: HowToAdd): Promise<EnqueueResponse>;
  pick(guildKey: GuildKey, asker: Asker, links: readonly string[]): Promise<EnqueueResponse>;
  join(guildKey: GuildKey, asker: Asker, channel: Snowflake): Promise<Player>;
  move(guildKey: GuildKey, asker: Asker, request: z.infer<typeof moveRequestSchema>): Promise<Player>;
  remove(guildKey: GuildKey, asker: Asker, entryId: string): Promise<Player>;
  operate<Name extends PlayerOperation>(
    guildKey: GuildKey,
    asker: Asker,
    name: Name,
    request: OperationRequest<Name>,
  ): Promise<OperationResponse>;
  pause(guildKey: GuildKey, asker: Asker): Promise<Player>;
  resume(guildKey: GuildKey, asker: Asker): Promise<Player>;
  skip(guildKey: GuildKey, asker: Asker): Promise<SkipResponse>;
  stop(guildKey: GuildKey, asker: Asker): Promise<Player>;
  setVolume(guildKey: GuildKey, asker: Asker, percent: number): Promise<Player>;
  setMessage(guildKey: GuildKey, message: Session['message']): Promise<Player>;
  deleteSessions(tenant: TenantId): Promise<void>;
  eraseMember(tenant: TenantId, user: Snowflake): Promise<void>;
}

const guildPath = '/v1/tenants/:tenant/guilds/:guild/player';
const searchQuerySchema = z.strictObject({ query: z.string().trim().min(1).max(500) });
const sliceQuerySchema = z.strictObject({
  from: z.coerce.number().int().min(0).max(1_000),
  limit: z.coerce.number().int().min(1).max(101),
  member: snowflakeSchema.optional(),
});

/**
 * Routes behind the guard: tenant, guild and caller are taken from the grant, never from the request. They are also in
 * gateway-proxy's route table, which says who may call them.
 */
export function registerPlayerRoutes(app: HttpApp, commands: PlayerCommands): void {
  app.setValidatorCompiler(validatorCompiler);
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.get(guildPath, { config: { action: 'player.read' } }, (request) => commands.read(guildKeyOf(request.grant)));
  routes.get(
    `${guildPath}/search`,
    {
      config: { action: 'player.search' },
      schema: { querystring: searchQuerySchema },
    },
    ({ grant, query }) => commands.search(guildKeyOf(grant).tenant, query.query, grant.obligations),
  );
  routes.post(
    `${guildPath}/queue`,
    {
      config: { action: 'player.enqueue' },
      schema: { body: enqueueRequestSchema },
    },
    ({ grant, body }) => commands.enqueue(guildKeyOf(grant), askerOf(grant), body.query, { named: body.voiceChannel }),
  );
  for (const placement of ['next', 'now'] as const) {
    routes.post(
      `${guildPath}/queue/${placement}`,
      { config: { action: `player.play${placement}` }, schema: { body: enqueueRequestSchema } },
      ({ grant, body: { query, voiceChannel: named } }) =>
        commands.enqueue(guildKeyOf(grant), askerOf(grant), query, { named, placement }),
    );
  }
  routes.post(
    `${guildPath}/queue/pick`,
    { config: { action: 'player.pick' }, schema: { body: pickRequestSchema } },
    ({ grant, body }) => commands.pick(guildKeyOf(grant), askerOf(grant), body.tracks),
  );
  registerQueueRoutes(app, commands);
  for (const name of Object.keys(playerOperations) as PlayerOperation[]) registerOperation(app, commands, name);
  routes.post(`${guildPath}/skip`, { config: { action: 'player.skip' } }, ({ grant }) =>
    commands.skip(guildKeyOf(grant), askerOf(grant)),
  );
  for (const name of ['pause', 'resume', 'stop'] as const) {
    routes.post(`${guildPath}/${name}`, { config: { action: `player.${name}` } }, async ({ grant }) => ({
      player: await commands[name](guildKeyOf(grant), askerOf(grant)),
    }));
  }
  routes.put(
    `${guildPath}/volume`,
    {
      config: { action: 'player.volume' },
      schema: { body: volumeRequestSchema },
    },
    async ({ grant, body }) => ({
      player: await commands.setVolume(guildKeyOf(grant), askerOf(grant), body.percent),
    }),
  );
  routes.put(
    `${guildPath}/message`,
    {
      config: { action: 'player.message' },
      schema: { body: messageRequestSchema },
    },
    async (request) => ({ player: await commands.setMessage(guildKeyOf(request.grant), request.body.message) }),
  );
  routes.delete('/v1/tenants/:tenant/sessions', { config: { action: 'player.delete' } }, async (request, reply) => {
    await commands.deleteSessions(tenantOf(request.grant));
    return reply.code(204).send();
  });
  routes.post(
    '/v1/tenants/:tenant/erasures',
    { config: { action: 'member.erase' }, schema: { body: z.strictObject({ user: snowflakeSchema }) } },
    async (request, reply) => {
      await commands.eraseMember(tenantOf(request.grant), request.body.user);
      return reply.code(204).send();
    },
  );
}

/** An operation of services/contracts/player.ts; the table of routes names its action. */
function registerOperation<Name extends PlayerOperation>(app: HttpApp, commands: PlayerCommands, name: Name): void {
  const { on, request } = playerOperations[name];
  // A request without a body has null.
  const body = z.preprocess((given) => given ?? undefined, request);
  app.post(
    on.slice('POST '.length),
    { config: { action: actionOf('audio', on) }, schema: { body } },
    ({ grant, body: given }) =>
      commands.operate(guildKeyOf(grant), askerOf(grant), name, given as OperationRequest<Name>),
  );
}

/** What callers of the portal can do besides that: see all of a queue and reorder it, and make the bot join voice. */
function registerQueueRoutes(app: HttpApp, commands: PlayerCommands): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  routes.get('/v1/tenants/:tenant/players', { config: { action: 'player.events' } }, ({ grant }) =>
    commands.list(tenantOf(grant)),
  );
  routes.get(
    `${guildPath}/queue`,
    { config: { action: 'player.read' }, schema: { querystring: sliceQuerySchema } },
    ({ grant, query }) => commands.slice(guildKeyOf(grant), query),
  );
  routes.get(`${guildPath}/sound`, { config: { action: 'player.read' } }, async ({ grant }) => ({
    sound: await commands.sound(guildKeyOf(grant)),
  }));
  routes.get(`${guildPath}/lyrics`, { config: { action: 'player.read' } }, ({ grant }) =>
    commands.lyrics(guildKeyOf(grant)),
  );
  routes.put(
    `${guildPath}/voice`,
    { config: { action: 'player.enqueue' }, schema: { body: voiceRequestSchema } },
    async ({ grant, body }) => ({ player: await commands.join(guildKeyOf(grant), askerOf(grant), body.voiceChannel) }),
  );
  routes.post(
    `${guildPath}/queue/move`,
    { config: { action: 'player.move' }, schema: { body: moveRequestSchema } },
    async ({ grant, body }) => ({ player: await commands.move(guildKeyOf(grant), askerOf(grant), body) }),
  );
  routes.delete(
    `${guildPath}/queue/:entry`,
    { config: { action: 'player.remove' }, schema: { params: z.looseObject({ entry: z.string() }) } },
    async ({ grant, params }) => ({ player: await commands.remove(guildKeyOf(grant), askerOf(grant), params.entry) }),
  );
}

const incomplete = (what: string) => callerFault('player.grant-incomplete', `The grant names no ${what}.`, 403);

/** The tenant that the proxy has decided for. */
export function tenantOf(grant: Grant): TenantId {
  if (!grant.tenant) throw incomplete('tenant');
  return grant.tenant;
}

/** The server that the proxy has decided for. */
export function guildKeyOf(grant: Grant): GuildKey {
  if (!grant.guild) throw incomplete('guild');
  return { tenant: tenantOf(grant), guild: grant.guild };
}

/** The caller; a member of another guild has no access here. @throws BailiwickError player.other-guild (403) */
export function askerOf({ member, guild, action, transaction, obligations }: Grant): Asker {
  if (!member) throw incomplete('member');
  const idempotencyKey = transaction === undefined ? undefined : `${transaction} ${action}`;
  if (member.kind === 'discord') {
    if (member.guild !== guild) throw callerFault('player.other-guild', 'The member belongs to another guild.', 403);
    const { user, channel, voiceChannel } = member;
    return { idempotencyKey, obligations, kind: 'discord', user, channel, voiceChannel };
  }
  if (member.guild !== undefined && member.guild !== guild) {
    throw callerFault('player.other-guild', 'The member acts for another guild.', 403);
  }
  const [kind, id = ''] = member.subject.split(':');
  return { idempotencyKey, obligations, kind: 'tenant-member', user: kind === 'discord' ? snowflake(id) : null };
}
