import { GatewayIntentBits as Intent } from 'discord-api-types/v10';
import { z } from 'zod';
import { changeVoice } from '../../world/voice.ts';
import type { World } from '../../world/world.ts';
import { memberPayload } from '../payloads/user.ts';
import { snowflake } from '../rest/validation/fields.ts';
import type { Session } from './session.ts';

const voiceUpdate = z.object({
  guild_id: snowflake,
  channel_id: snowflake.nullable(),
  self_mute: z.boolean().default(false),
  self_deaf: z.boolean().default(false),
});

const presenceUpdate = z.object({
  since: z.number().nullish(),
  activities: z.array(z.object({ name: z.string(), type: z.int() })),
  status: z.enum(['online', 'dnd', 'idle', 'invisible', 'offline']),
  afk: z.boolean().nullish(),
});

const memberRequest = z.object({
  guild_id: z.union([snowflake, z.array(snowflake).length(1)]),
  query: z.string().optional(),
  limit: z.int().nonnegative().optional(),
  user_ids: z.union([snowflake, z.array(snowflake).max(100)]).optional(),
  nonce: z.string().max(32).optional(),
});

/** The opcodes of an authenticated client besides heartbeats (Discord: Gateway Events, Send Events). */
export function runCommand(
  world: World,
  session: Session,
  op: number,
  data: unknown,
): 'done' | 'unknown' | 'malformed' {
  switch (op) {
    case 3:
      return presenceUpdate.safeParse(data).success ? 'done' : 'malformed';
    case 4:
      return updateVoice(world, session, data);
    case 8:
      return sendMembers(world, session, data);
    case 31:
      // Soundboard sounds: the sandbox has none, and Discord sends nothing for a guild without any.
      return 'done';
    default:
      return 'unknown';
  }
}

function updateVoice(world: World, session: Session, data: unknown): 'done' | 'malformed' {
  const update = voiceUpdate.safeParse(data);
  if (!update.success) return 'malformed';
  const { guild_id: guildId, channel_id: channelId, self_mute: selfMute, self_deaf: selfDeaf } = update.data;
  const { botUserId } = world.application(session.applicationId);
  const present = world.guildsOf(session.applicationId).some((guild) => guild.id === guildId);
  if (present) changeVoice(world, guildId, botUserId, { channelId, sessionId: session.id, selfMute, selfDeaf });
  return 'done';
}

function sendMembers(world: World, session: Session, data: unknown): 'done' | 'malformed' {
  const request = memberRequest.safeParse(data);
  if (!request.success) return 'malformed';
  const { query, limit, user_ids: userIds, nonce } = request.data;
  const guildId = [request.data.guild_id].flat()[0] ?? '';
  const guild = world.guildsOf(session.applicationId).find((candidate) => candidate.id === guildId);
  if (!guild) return 'done';
  if (userIds === undefined && query === undefined) return 'malformed';
  const everybody = userIds === undefined && query === '' && !limit;
  if (everybody && !(session.intents & Intent.GuildMembers)) return 'done';
  const wanted = userIds === undefined ? undefined : [userIds].flat();
  const found = guild.members.filter((member) =>
    wanted
      ? wanted.includes(member.userId)
      : world
          .user(member.userId)
          .username.toLowerCase()
          .startsWith((query ?? '').toLowerCase()),
  );
  const shown = wanted || everybody ? found : found.slice(0, limit || 100);
  session.dispatch('GUILD_MEMBERS_CHUNK', {
    guild_id: guildId,
    members: shown.map((member) => memberPayload(world, guild, member)),
    chunk_index: 0,
    chunk_count: 1,
    not_found: (wanted ?? []).filter((id) => !shown.some((member) => member.userId === id)),
    ...(nonce === undefined ? {} : { nonce }),
  });
  return 'done';
}
