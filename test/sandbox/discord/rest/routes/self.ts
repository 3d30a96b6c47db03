import { z } from 'zod';
import { removeApplication, renameUser, updateApplication } from '../../../world/applications.ts';
import { privilegedIntents } from '../../gateway/intents.ts';
import { gatewayPath } from '../../gateway/gateway.ts';
import { applicationPayload } from '../../payloads/application.ts';
import { ownUserPayload, userPayload } from '../../payloads/user.ts';
import { guildPermissions, memberOf } from '../../../world/permissions.ts';
import { booleanIn } from '../access.ts';
import { invalidForm, refuse } from '../errors.ts';
import { botRoute, noContent, ok, openRoute, sharedRoute } from '../route.ts';
import type { RestParts, RestRequest, RestRoute } from '../route.ts';
import { text } from '../validation/fields.ts';
import { validate } from '../validation/validate.ts';
import type { Application, Guild } from '../../../world/types.ts';
import { answersPing } from '../../interactions/signed-post.ts';

const limitedFlags = Object.values(privilegedIntents).reduce((sum, { limited }) => sum | limited, 0);

const applicationChange = z.object({
  description: text(400).optional(),
  interactions_endpoint_url: z.url().nullish(),
  flags: z.int().nonnegative().optional(),
});

async function changeApplication(request: RestRequest & { application: Application }, { world }: RestParts) {
  const { application } = request;
  const change = validate(applicationChange, request.body);
  const url = change.interactions_endpoint_url;
  if (url && !(await answersPing(application, url))) {
    const message = 'The specified interactions endpoint url could not be verified.';
    throw invalidForm(['interactions_endpoint_url'], 'APPLICATION_INTERACTIONS_ENDPOINT_URL_INVALID', message);
  }
  updateApplication(world, application.id, {
    ...(change.description === undefined ? {} : { description: change.description }),
    ...(url === undefined ? {} : { interactionsEndpointUrl: url }),
    // Only the limited intent flags may be changed this way (Discord: Edit Current Application).
    ...(change.flags === undefined
      ? {}
      : { flags: (application.flags & ~limitedFlags) | (change.flags & limitedFlags) }),
  });
  return ok(applicationPayload(world, application));
}

const profileChange = z.object({
  username: text(32, 2).optional(),
  // Accepted but not shown: the sandbox has no pictures.
  avatar: z.string().startsWith('data:image/').nullish(),
  banner: z.string().startsWith('data:image/').nullish(),
});

function guildList(guilds: Guild[], userId: string, withCounts: boolean) {
  return guilds.map((guild) => ({
    id: guild.id,
    name: guild.name,
    icon: null,
    banner: null,
    owner: guild.ownerId === userId,
    permissions: guildPermissions(guild, memberOf(guild, userId)).toString(),
    features: [],
    ...(withCounts
      ? { approximate_member_count: guild.members.length, approximate_presence_count: guild.members.length }
      : {}),
  }));
}

function gatewayUrl(host: string, secure: boolean): string {
  return `${secure ? 'wss' : 'ws'}://${host}${gatewayPath}`;
}

/** A bot's own data, and the address of its gateway. */
export const selfRoutes: RestRoute[] = [
  openRoute('GET /gateway', ({ host }, { secure }) => ok({ url: gatewayUrl(host, secure) })),
  botRoute(
    'GET /gateway/bot',
    ({ application, host }, { identifyRules, secure }) =>
      ok({
        url: gatewayUrl(host, secure),
        shards: 1,
        session_start_limit: identifyRules.sessionStartLimit(application),
      }),
    { limit: 2, perMs: 5_000 },
  ),
  sharedRoute(
    'GET /users/@me',
    ({ application }, { world }) => ok(ownUserPayload(world.user(application.botUserId))),
    ({ grant }, { world }) => {
      if (!grant.scopes.includes('identify')) throw refuse('unauthorized');
      const { email, verified, ...user } = ownUserPayload(world.user(grant.userId));
      const address = `${user.username}@people.sandbox.invalid`;
      return ok(grant.scopes.includes('email') ? { ...user, email: email ?? address, verified } : user);
    },
  ),
  sharedRoute(
    'GET /users/@me/guilds',
    ({ application, query }, { world }) =>
      ok(guildList(world.guildsOf(application.id), application.botUserId, booleanIn(query, 'with_counts'))),
    ({ grant, query }, { world }) => {
      if (!grant.scopes.includes('guilds')) throw refuse('unauthorized');
      const guilds = [...world.guilds.values()].filter((guild) =>
        guild.members.some((member) => member.userId === grant.userId),
      );
      return ok(guildList(guilds, grant.userId, booleanIn(query, 'with_counts')));
    },
  ),
  botRoute(
    'PATCH /users/@me',
    ({ application, body }, { world }) => {
      const { username } = validate(profileChange, body);
      if (username !== undefined) renameUser(world, application.botUserId, username);
      return ok(ownUserPayload(world.user(application.botUserId)));
    },
    { limit: 2, perMs: 3_600_000 },
  ),
  botRoute('DELETE /users/@me/guilds/:guild_id', ({ application, params }, { world }) => {
    const guildId = params['guild_id'] ?? '';
    if (!world.guilds.get(guildId)?.applications.includes(application.id)) throw refuse('unknownGuild');
    removeApplication(world, guildId, application.id);
    return noContent;
  }),
  botRoute('GET /users/:user_id', ({ params }, { world }) => {
    const user = world.users.get(params['user_id'] ?? '');
    if (!user) throw refuse('unknownUser');
    return ok(userPayload(user));
  }),
  botRoute('GET /applications/@me', ({ application }, { world }) => ok(applicationPayload(world, application))),
  botRoute('PATCH /applications/@me', changeApplication),
  botRoute('GET /applications/:application_id/emojis', ({ application, params }) => {
    if (params['application_id'] !== application.id) throw refuse('unknownApplication');
    return ok({ items: [] });
  }),
  botRoute('GET /oauth2/applications/@me', ({ application }, { world }) => ok(applicationPayload(world, application))),
];
