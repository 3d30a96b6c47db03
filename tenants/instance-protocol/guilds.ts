import { z } from 'zod';

/** The guilds that a tenant's bot is in, as reported by discord-edge: the current state from Discord's gateway. */

/** GET /v1/tenants/:tenant/guilds: at most 2,500, by name. */
export const guildSummarySchema = z.object({
  id: z.string(),
  name: z.string(),
  iconUrl: z.string().nullable(),
  /** Null if Discord has not provided it. */
  memberCount: z.number().int().nullable(),
});
export const guildListSchema = z.object({ guilds: z.array(guildSummarySchema) });

/** What a bot needs to be heard in a voice channel (Discord: Permissions). */
export const voicePermissions = ['VIEW_CHANNEL', 'CONNECT', 'SPEAK'] as const;
export type VoicePermission = (typeof voicePermissions)[number];

export const guildChannelSchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['text', 'voice', 'stage']),
  /** The category's name, for display. */
  category: z.string().nullable(),
  /** Id of the category. */
  parentId: z.string().nullable(),
  /** In the order in which Discord shows them. */
  position: z.number().int(),
});

export const voiceChannelSchema = guildChannelSchema.extend({
  kind: z.enum(['voice', 'stage']),
  /** The permissions that the bot lacks here; empty if it can connect and be heard. */
  missing: z.array(z.enum(voicePermissions)),
  /** Members who are not bots. */
  listeners: z.number().int(),
  /** The channel is full, except for those who may move members. */
  full: z.boolean(),
});

/** GET /v1/tenants/:tenant/guilds/:guild/members/:user/voice: the voice channel that a user is in. */
export const memberVoiceSchema = z.object({ voiceChannel: z.string().nullable() });

/** A member of a guild as others see them. */
export const guildMemberSchema = z.object({
  id: z.string(),
  /** The nickname in this guild, otherwise the display name, otherwise the user name. */
  name: z.string(),
  /** Unique at Discord. */
  username: z.string(),
  bot: z.boolean(),
  /** Ids of roles, without @everyone; null if they were not requested. */
  roles: z.array(z.string()).nullable(),
});
export type GuildMember = z.infer<typeof guildMemberSchema>;

/**
 * GET /v1/tenants/:tenant/guilds/:guild/members: those found by `query`, or those of the `ids` whose names are
 * available.
 */
export const guildMembersSchema = z.object({ members: z.array(guildMemberSchema) });
/** The maximum number of members in one response, whether searched or named. */
export const mostGuildMembers = 25;
/** Discord matches the beginning of user names and nicknames; both have at most 32 characters. */
export const maxMemberQueryLength = 32;

/** GET /v1/tenants/:tenant/guilds/:guild */
export const guildDetailSchema = guildSummarySchema.extend({
  text: z.array(guildChannelSchema),
  voice: z.array(voiceChannelSchema),
  /** Channels in which commands are not typed, or not directly: a forum's posts are threads. */
  otherChannels: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      kind: z.enum(['category', 'forum', 'thread']),
      /** The channel of a thread, the category of a forum. */
      parentId: z.string().nullable(),
    }),
  ),
  /** From the highest down, without @everyone. */
  roles: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      /** 0xRRGGBB; 0 means none. */
      color: z.number().int(),
      position: z.number().int(),
      /** Belongs to an application, such as a bot's own role. */
      managed: z.boolean(),
    }),
  ),
});
export type GuildDetail = z.infer<typeof guildDetailSchema>;

/** GET /v1/tenants/:tenant/commands: names of the application's global commands, as registered at Discord now. */
export const commandNamesSchema = z.object({ names: z.array(z.string()) });
