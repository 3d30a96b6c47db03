import { PermissionFlagsBits as Permission } from 'discord-api-types/v10';
import { z } from 'zod';
import { updateMember } from '../../../world/guilds.ts';
import type { Application } from '../../../world/types.ts';
import { changeStageVoice } from '../../../world/voice.ts';
import { privilegedIntents } from '../../gateway/intents.ts';
import { channelPayload, guildPayload, rolePayload, voiceStatePayload } from '../../payloads/guild.ts';
import { memberPayload } from '../../payloads/user.ts';
import { booleanIn, guildFor, idIn, numberIn, requireInGuild } from '../access.ts';
import { invalidForm, refuse } from '../errors.ts';
import { botRoute, noContent, ok } from '../route.ts';
import type { RestParts, RestRequest, RestRoute } from '../route.ts';
import { snowflake, text } from '../validation/fields.ts';
import { validate } from '../validation/validate.ts';

type Request = RestRequest & { application: Application };

function getMember({ application, params }: Request, { world }: RestParts, userId: string | undefined) {
  const { guild } = guildFor(world, application, params['guild_id']);
  const member = guild.members.find((candidate) => candidate.userId === userId);
  if (!member) throw refuse(userId !== undefined && world.users.has(userId) ? 'unknownMember' : 'unknownUser');
  return ok(memberPayload(world, guild, member));
}

function listMembers({ application, params, query }: Request, { world }: RestParts) {
  const { guild } = guildFor(world, application, params['guild_id']);
  // Requires the privileged intent (Discord: Guild Resource, List Guild Members).
  if (!(application.flags & privilegedIntents.members.granted)) throw refuse('missingAccess');
  const limit = numberIn(query, 'limit', 1, 1_000);
  const after = idIn(query, 'after') ?? 0n;
  const sorted = guild.members
    .filter((member) => BigInt(member.userId) > after)
    .sort((a, b) => (BigInt(a.userId) < BigInt(b.userId) ? -1 : 1));
  return ok(sorted.slice(0, limit).map((member) => memberPayload(world, guild, member)));
}

/** Matches prefixes of user names and nicknames (Discord: Guild Resource, Search Guild Members). */
function searchMembers({ application, params, query }: Request, { world }: RestParts) {
  const { guild } = guildFor(world, application, params['guild_id']);
  const words = (query['query'] ?? '').toLowerCase();
  if (words === '') throw invalidForm(['query'], 'BASE_TYPE_REQUIRED', 'This field is required');
  const limit = numberIn(query, 'limit', 1, 1_000);
  const begins = (name: string | null) => name?.toLowerCase().startsWith(words) ?? false;
  const found = guild.members.filter(({ userId, nick }) => {
    const { username, globalName } = world.user(userId);
    return [nick, username, globalName].some(begins);
  });
  return ok(found.slice(0, limit).map((member) => memberPayload(world, guild, member)));
}

function getVoiceState({ application, params }: Request, { world }: RestParts, userId: string | undefined) {
  const { guild } = guildFor(world, application, params['guild_id']);
  const state = guild.voiceStates.find((candidate) => candidate.userId === userId);
  if (!state) throw refuse('unknownVoiceState');
  return ok(voiceStatePayload(world, guild, state.userId, state, null));
}

const ownMember = z.object({ nick: text(32).nullish() });

const ownVoice = z.object({
  channel_id: snowflake.nullish(),
  suppress: z.boolean().nullish(),
  request_to_speak_timestamp: z.iso.datetime({ offset: true }).nullish(),
});

function changeOwnVoice({ application, params, body }: Request, { world }: RestParts) {
  const { guild } = guildFor(world, application, params['guild_id']);
  const change = validate(ownVoice, body);
  const state = guild.voiceStates.find((candidate) => candidate.userId === application.botUserId);
  if (!state || (change.channel_id && change.channel_id !== state.channelId)) throw refuse('unknownVoiceState');
  const channel = guild.channels.find((candidate) => candidate.id === state.channelId);
  if (channel?.type !== 13) throw refuse('notInThisChannelType');
  try {
    changeStageVoice(world, guild.id, application.botUserId, {
      suppress: change.suppress ?? undefined,
      requestToSpeakAt: change.request_to_speak_timestamp,
    });
  } catch (cause) {
    throw Object.assign(refuse('missingPermissions'), { cause });
  }
  return noContent;
}

const region = { id: 'rotterdam', name: 'Rotterdam', custom: false, deprecated: false, optimal: true };

/** Guilds, members and voice states (Discord: Guild Resource, Voice Resource). */
export const guildRoutes: RestRoute[] = [
  botRoute('GET /guilds/:guild_id', ({ application, params, query }, { world }) => {
    const { guild } = guildFor(world, application, params['guild_id']);
    const count = guild.members.length;
    const counts = { approximate_member_count: count, approximate_presence_count: count };
    return ok({ ...guildPayload(guild), ...(booleanIn(query, 'with_counts') ? counts : {}) });
  }),
  botRoute('GET /guilds/:guild_id/channels', ({ application, params }, { world }) =>
    ok(guildFor(world, application, params['guild_id']).guild.channels.map(channelPayload)),
  ),
  botRoute('GET /guilds/:guild_id/roles', ({ application, params }, { world }) =>
    ok(guildFor(world, application, params['guild_id']).guild.roles.map(rolePayload)),
  ),
  botRoute('GET /guilds/:guild_id/members', listMembers),
  botRoute('GET /guilds/:guild_id/members/search', searchMembers),
  botRoute('GET /guilds/:guild_id/members/:user_id', (request, parts) =>
    getMember(request, parts, request.params['user_id']),
  ),
  botRoute('PATCH /guilds/:guild_id/members/@me', ({ application, params, body }, { world }) => {
    const { guild, bot } = guildFor(world, application, params['guild_id']);
    const { nick } = validate(ownMember, body);
    requireInGuild(guild, bot, Permission.ChangeNickname);
    return ok(memberPayload(world, guild, updateMember(world, guild.id, application.botUserId, { nick })));
  }),
  botRoute('GET /guilds/:guild_id/voice-states/@me', (request, parts) =>
    getVoiceState(request, parts, request.application.botUserId),
  ),
  botRoute('GET /guilds/:guild_id/voice-states/:user_id', (request, parts) =>
    getVoiceState(request, parts, request.params['user_id']),
  ),
  botRoute('PATCH /guilds/:guild_id/voice-states/@me', changeOwnVoice),
  botRoute('GET /guilds/:guild_id/regions', ({ application, params }, { world }) => {
    guildFor(world, application, params['guild_id']);
    return ok([region]);
  }),
  botRoute('GET /voice/regions', () => ok([region])),
];
