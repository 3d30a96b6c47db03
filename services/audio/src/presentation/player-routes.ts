import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { HttpApp } from '#infra/http/service.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { snowflake } from '#infra/kernel/ids.ts';
import {
  enqueueRequestSchema,
  messageRequestSchema,
  volumeRequestSchema,
  type EnqueueResponse,
  type Player,
  type SearchResponse,
} from '#services/contracts/player.ts';
import type { Grant } from '#security/identity/grant.ts';
import type { Asker } from '../application/member-rules.ts';
import type { Place } from '../application/ports.ts';
import type { Session } from '../domain/session.ts';
import type { TenantId } from '#infra/kernel/ids.ts';

/** What can be asked of the audio service; one use case each. */
export interface PlayerCommands {
  read(place: Place): Promise<Player>;
  search(tenant: TenantId, query: string): Promise<SearchResponse>;
  enqueue(place: Place, asker: Asker, query: string): Promise<EnqueueResponse>;
  pause(place: Place, asker: Asker): Promise<Player>;
  resume(place: Place, asker: Asker): Promise<Player>;
  skip(place: Place, asker: Asker): Promise<Player>;
  stop(place: Place, asker: Asker): Promise<Player>;
  setVolume(place: Place, asker: Asker, percent: number): Promise<Player>;
  setMessage(place: Place, message: Session['message']): Promise<Player>;
  deleteSessions(tenant: TenantId): Promise<void>;
}

const guildPath = '/v1/tenants/:tenant/guilds/:guild/player';
const searchQuerySchema = z.strictObject({ query: z.string().trim().min(1).max(500) });

/**
 * Routes behind the guard: whose music, which guild and who asks are taken from the grant, never from the request.
 * They stand in gateway-proxy's table of routes too, which says who may call them.
 */
export function registerPlayerRoutes(app: HttpApp, commands: PlayerCommands): void {
  app.setValidatorCompiler(validatorCompiler);
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.get(guildPath, { config: { action: 'player.read' } }, (request) => commands.read(placeOf(request.grant)));
  routes.get(
    `${guildPath}/search`,
    {
      config: { action: 'player.search' },
      schema: { querystring: searchQuerySchema },
    },
    (request) => commands.search(placeOf(request.grant).tenant, request.query.query),
  );
  routes.post(
    `${guildPath}/queue`,
    {
      config: { action: 'player.enqueue' },
      schema: { body: enqueueRequestSchema },
    },
    ({ grant, body }) => commands.enqueue(placeOf(grant), askerOf(grant), body.query),
  );
  for (const name of ['pause', 'resume', 'skip', 'stop'] as const) {
    routes.post(`${guildPath}/${name}`, { config: { action: `player.${name}` } }, async ({ grant }) => ({
      player: await commands[name](placeOf(grant), askerOf(grant)),
    }));
  }
  routes.put(
    `${guildPath}/volume`,
    {
      config: { action: 'player.volume' },
      schema: { body: volumeRequestSchema },
    },
    async ({ grant, body }) => ({
      player: await commands.setVolume(placeOf(grant), askerOf(grant), body.percent),
    }),
  );
  routes.put(
    `${guildPath}/message`,
    {
      config: { action: 'player.message' },
      schema: { body: messageRequestSchema },
    },
    async (request) => ({ player: await commands.setMessage(placeOf(request.grant), request.body.message) }),
  );
  routes.delete('/v1/tenants/:tenant/sessions', { config: { action: 'player.delete' } }, async (request, reply) => {
    await commands.deleteSessions(tenantOf(request.grant));
    return reply.code(204).send();
  });
}

const incomplete = (what: string) => callerFault('player.grant-incomplete', `The grant names no ${what}.`, 403);

/** The tenant that the proxy has decided for. */
export function tenantOf(grant: Grant): TenantId {
  if (!grant.tenant) throw incomplete('tenant');
  return grant.tenant;
}

function placeOf(grant: Grant): Place {
  if (!grant.guild) throw incomplete('guild');
  return { tenant: tenantOf(grant), guild: grant.guild };
}

/** Who asks; a member of another guild asks for nothing here. */
function askerOf({ member, guild, action, transaction }: Grant): Asker {
  if (!member) throw incomplete('member');
  const deed = transaction === undefined ? undefined : `${transaction} ${action}`;
  if (member.kind === 'discord') {
    if (member.guild !== guild) throw callerFault('player.other-guild', 'The member is of another guild.', 403);
    return { deed, kind: 'discord', user: member.user, channel: member.channel, voiceChannel: member.voiceChannel };
  }
  if (member.guild !== undefined && member.guild !== guild) {
    throw callerFault('player.other-guild', 'The member acts for another guild.', 403);
  }
  const [kind, id = ''] = member.subject.split(':');
  return { deed, kind: 'tenant-member', user: kind === 'discord' ? snowflake(id) : null };
}
