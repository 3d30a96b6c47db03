import { Locale } from 'discord-api-types/v10';
import type { Channel, Guild, Role, VoiceState } from '../../world/types.ts';
import type { World } from '../../world/world.ts';
import { memberPayload } from './user.ts';

/** Discord: Role Object. */
export function rolePayload(role: Role) {
  return {
    id: role.id,
    name: role.name,
    description: null,
    permissions: role.permissions,
    position: role.position,
    color: role.color,
    colors: { primary_color: role.color, secondary_color: null, tertiary_color: null },
    hoist: false,
    managed: role.managed,
    mentionable: false,
    icon: null,
    unicode_emoji: null,
    flags: 0,
    ...(role.botUserId ? { tags: { bot_id: role.botUserId } } : {}),
  };
}

/** Discord: Channel Object, for the channels of a guild. */
export function channelPayload(channel: Channel) {
  const speakable = channel.type === 2 || channel.type === 13;
  return {
    id: channel.id,
    type: channel.type,
    guild_id: channel.guildId,
    name: channel.name,
    position: channel.position,
    parent_id: channel.parentId,
    permission_overwrites: channel.overwrites,
    nsfw: false,
    flags: 0,
    rate_limit_per_user: 0,
    topic: channel.topic,
    last_message_id: channel.lastMessageId,
    ...(speakable ? { bitrate: 64_000, user_limit: channel.userLimit, rtc_region: null } : {}),
  };
}

/** Discord: Voice State Object; `null` stands for somebody who has left. */
export function voiceStatePayload(
  world: World,
  guild: Guild,
  userId: string,
  state: VoiceState | null,
  previous: VoiceState | null,
) {
  const member = guild.members.find((candidate) => candidate.userId === userId);
  return {
    ...voiceStateInGuild(userId, state, previous),
    guild_id: guild.id,
    ...(member ? { member: memberPayload(world, guild, member) } : {}),
  };
}

function voiceStateInGuild(userId: string, state: VoiceState | null, previous: VoiceState | null) {
  const shown = state ?? previous;
  return {
    user_id: userId,
    channel_id: state?.channelId ?? null,
    session_id: shown?.sessionId ?? '',
    mute: shown?.mute ?? false,
    deaf: shown?.deaf ?? false,
    self_mute: shown?.selfMute ?? false,
    self_deaf: shown?.selfDeaf ?? false,
    self_video: false,
    self_stream: false,
    suppress: shown?.suppress ?? false,
    request_to_speak_timestamp: shown?.requestToSpeakAt ?? null,
  };
}

/** A guild as REST returns it (Discord: Guild Object). */
export function guildPayload(guild: Guild) {
  return {
    id: guild.id,
    name: guild.name,
    owner_id: guild.ownerId,
    icon: null,
    description: null,
    home_header: null,
    splash: null,
    discovery_splash: null,
    banner: null,
    features: [] as string[],
    application_id: null,
    region: 'deprecated',
    afk_channel_id: null,
    afk_timeout: 300 as const,
    system_channel_id: null,
    system_channel_flags: 0,
    widget_enabled: false,
    widget_channel_id: null,
    verification_level: 0 as const,
    roles: guild.roles.map(rolePayload),
    default_message_notifications: 1 as const,
    mfa_level: 0 as const,
    explicit_content_filter: 0 as const,
    max_presences: null,
    max_members: 500_000,
    max_stage_video_channel_users: 50,
    max_video_channel_users: 25,
    vanity_url_code: null,
    premium_tier: 0 as const,
    premium_subscription_count: 0,
    preferred_locale: guild.locale ?? Locale.EnglishUS,
    rules_channel_id: null,
    safety_alerts_channel_id: null,
    public_updates_channel_id: null,
    premium_progress_bar_enabled: false,
    nsfw: false,
    nsfw_level: 0 as const,
    emojis: [],
    stickers: [],
    incidents_data: null,
  };
}

/**
 * A guild as GUILD_CREATE shows it to a bot. Without the presence intent, its members are only the bot and those in
 * voice channels (Discord: Gateway Events, Guild Create).
 */
export function guildCreatePayload(world: World, guild: Guild, botUserId: string, withAllMembers: boolean) {
  const inVoice = new Set(guild.voiceStates.map((state) => state.userId));
  const members = guild.members.filter(
    (member) => withAllMembers || member.userId === botUserId || inVoice.has(member.userId),
  );
  return {
    ...guildPayload(guild),
    joined_at: guild.members.find((member) => member.userId === botUserId)?.joinedAt ?? new Date(0).toISOString(),
    large: false,
    unavailable: false,
    member_count: guild.members.length,
    members: members.map((member) => memberPayload(world, guild, member)),
    channels: guild.channels.map(channelPayload),
    voice_states: guild.voiceStates.map((state) => voiceStateInGuild(state.userId, state, null)),
    threads: [],
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}
