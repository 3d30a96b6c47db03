/**
 * The fields of Discord's objects that are kept: those that a bot's library needs at start, and those that decisions
 * need. Messages, emojis, presences and the like are not kept.
 */
export const guildFields = [
  'id',
  'name',
  'icon',
  'owner_id',
  'features',
  'preferred_locale',
  'afk_channel_id',
  'afk_timeout',
  'system_channel_id',
  'system_channel_flags',
  'rules_channel_id',
  'public_updates_channel_id',
  'verification_level',
  'default_message_notifications',
  'explicit_content_filter',
  'mfa_level',
  'nsfw_level',
  'premium_tier',
  'premium_progress_bar_enabled',
  'joined_at',
  'large',
  'member_count',
] as const;

export const channelFields = [
  'id',
  'type',
  'guild_id',
  'name',
  'position',
  'parent_id',
  'permission_overwrites',
  'nsfw',
  'bitrate',
  'user_limit',
  'rtc_region',
  'flags',
] as const;

export const threadFields = [
  'id',
  'type',
  'guild_id',
  'name',
  'parent_id',
  'owner_id',
  'thread_metadata',
  'member_count',
  'message_count',
] as const;

export const roleFields = [
  'id',
  'name',
  'permissions',
  'position',
  'color',
  'colors',
  'hoist',
  'managed',
  'mentionable',
  'flags',
  'tags',
] as const;

export const memberFields = [
  'user',
  'nick',
  'roles',
  'joined_at',
  'deaf',
  'mute',
  'flags',
  'pending',
  'communication_disabled_until',
] as const;

export const userFields = ['id', 'username', 'discriminator', 'global_name', 'avatar', 'bot'] as const;

export const voiceStateFields = [
  'user_id',
  'channel_id',
  'session_id',
  'deaf',
  'mute',
  'self_deaf',
  'self_mute',
  'self_stream',
  'self_video',
  'suppress',
  'request_to_speak_timestamp',
] as const;
