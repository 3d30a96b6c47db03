import { GatewayIntentBits as Intent, PermissionFlagsBits } from 'discord-api-types/v10';
import { mayInChannel } from '../../world/permissions.ts';
import type { StoredMessage, WorldEvent } from '../../world/types.ts';
import type { World } from '../../world/world.ts';
import { channelPayload, guildCreatePayload, rolePayload, voiceStatePayload } from '../payloads/guild.ts';
import { memberPayload, memberWithoutUser, ownUserPayload, userPayload } from '../payloads/user.ts';
import type { Session } from './session.ts';

/** An event to be sent to sessions. */
export interface Dispatch {
  type: string;
  /** Only to this application; otherwise to every application in the guild. */
  applicationId?: string;
  /** Only to the shard of this guild; without it to every shard. */
  guildId?: string;
  /** Only to sessions with this intent. */
  intent?: number;
  /** May differ per session; undefined skips the session. */
  data: (session: Session) => unknown;
}

/** The gateway events for a change in the world (Discord: Gateway Events; Gateway, List of Intents). */
export function dispatchesFor(world: World, event: WorldEvent): Dispatch[] {
  switch (event.type) {
    case 'application.installed':
      return [guildCreate(world, event.guildId, event.applicationId)];
    case 'application.removed': {
      const data = () => ({ id: event.guildId });
      return [{ ...event, type: 'GUILD_DELETE', intent: Intent.Guilds, data }];
    }
    case 'channel.created':
    case 'channel.updated': {
      const data = () => channelPayload(world.channel(event.channelId).channel);
      const type = event.type === 'channel.created' ? 'CHANNEL_CREATE' : 'CHANNEL_UPDATE';
      return [{ type, guildId: event.guildId, intent: Intent.Guilds, data }];
    }
    case 'channel.deleted': {
      const data = () => channelPayload(event.channel);
      return [{ type: 'CHANNEL_DELETE', guildId: event.guildId, intent: Intent.Guilds, data }];
    }
    case 'role.created':
    case 'role.updated':
    case 'role.deleted':
      return [roleDispatch(world, event)];
    case 'member.added':
    case 'member.updated':
    case 'member.removed':
      return [memberDispatch(world, event)];
    case 'voice.state': {
      const guild = world.guild(event.guildId);
      const data = () => voiceStatePayload(world, guild, event.userId, event.state, event.previous);
      return [{ type: 'VOICE_STATE_UPDATE', guildId: guild.id, intent: Intent.GuildVoiceStates, data }];
    }
    case 'voice.server': {
      const application = world.applicationByBot(event.botUserId);
      if (!application) return [];
      const { guildId, token, endpoint } = event;
      const data = () => ({ guild_id: guildId, token, endpoint });
      return [{ type: 'VOICE_SERVER_UPDATE', guildId, applicationId: application.id, data }];
    }
    case 'voice.status': {
      const data = () => ({ id: event.channelId, guild_id: event.guildId, status: event.status });
      return [{ type: 'VOICE_CHANNEL_STATUS_UPDATE', guildId: event.guildId, intent: Intent.Guilds, data }];
    }
    case 'message.created':
    case 'message.updated':
    case 'message.deleted':
      return messageDispatches(world, event.type, event.stored);
    case 'message.reacted': {
      const { stored, userId, emoji } = event;
      const { id: message_id, channel_id } = stored.message;
      const about = { guild_id: stored.guildId, channel_id, message_id, user_id: userId };
      const data = () => ({ ...about, emoji: { id: null, name: emoji }, burst: false, type: 0 });
      return [{ type: 'MESSAGE_REACTION_ADD', guildId: stored.guildId, intent: Intent.GuildMessageReactions, data }];
    }
    case 'interaction.created': {
      const record = world.interactions.get(event.interactionId);
      if (!record) return [];
      const { applicationId, guildId, payload } = record;
      return [{ type: 'INTERACTION_CREATE', applicationId, guildId, data: () => payload }];
    }
    case 'user.updated':
      return userUpdates(world, event.userId);
    case 'application.created':
    case 'application.connected':
    case 'application.disconnected':
    case 'application.updated':
    case 'application.token-reset':
    case 'guild.created':
    case 'voice.connection':
    case 'commands.changed':
    case 'interaction.changed':
      return [];
  }
}

/** A guild becoming available: after READY, when a resume is impossible, and on installation. */
export function guildCreate(world: World, guildId: string, applicationId: string): Dispatch {
  const guild = world.guild(guildId);
  const { botUserId } = world.application(applicationId);
  const data = (session: Session) => {
    const withAllMembers = (session.intents & Intent.GuildPresences) !== 0;
    return guildCreatePayload(world, guild, botUserId, withAllMembers);
  };
  return { type: 'GUILD_CREATE', guildId, applicationId, intent: Intent.Guilds, data };
}

/** A bot is notified of its own new name once. */
function userUpdates(world: World, userId: string): Dispatch[] {
  const application = world.applicationByBot(userId);
  if (!application) return [];
  const data = () => ownUserPayload(world.user(userId));
  return [{ type: 'USER_UPDATE', applicationId: application.id, data }];
}

function roleDispatch(world: World, event: Extract<WorldEvent, { roleId: string }>): Dispatch {
  const { guildId, roleId } = event;
  const common = { guildId, intent: Intent.Guilds };
  if (event.type === 'role.deleted') {
    return { ...common, type: 'GUILD_ROLE_DELETE', data: () => ({ guild_id: guildId, role_id: roleId }) };
  }
  const role = world.guild(guildId).roles.find((candidate) => candidate.id === roleId);
  const type = event.type === 'role.created' ? 'GUILD_ROLE_CREATE' : 'GUILD_ROLE_UPDATE';
  return { ...common, type, data: () => role && { guild_id: guildId, role: rolePayload(role) } };
}

function memberDispatch(
  world: World,
  event: WorldEvent & { type: 'member.added' | 'member.updated' | 'member.removed' },
): Dispatch {
  const { guildId, userId } = event;
  const guild = world.guild(guildId);
  const member = guild.members.find((candidate) => candidate.userId === userId);
  if (event.type === 'member.removed' || !member) {
    const data = () => ({ guild_id: guildId, user: userPayload(world.user(userId)) });
    return { type: 'GUILD_MEMBER_REMOVE', guildId, intent: Intent.GuildMembers, data };
  }
  const data = (session: Session) => {
    // A bot is notified of changes to itself even without the privileged intent.
    const about = world.application(session.applicationId).botUserId === userId;
    if (!about && !(session.intents & Intent.GuildMembers)) return undefined;
    return { ...memberPayload(world, guild, member), guild_id: guildId };
  };
  return { type: event.type === 'member.added' ? 'GUILD_MEMBER_ADD' : 'GUILD_MEMBER_UPDATE', guildId, data };
}

function messageDispatches(
  world: World,
  type: 'message.created' | 'message.updated' | 'message.deleted',
  stored: StoredMessage,
): Dispatch[] {
  if (stored.ephemeralFor !== null) return [];
  const { guildId, message } = stored;
  const { guild, channel } = world.channel(message.channel_id);
  const data = (session: Session) => {
    const { botUserId } = world.application(session.applicationId);
    if (!mayInChannel(guild, botUserId, channel, PermissionFlagsBits.ViewChannel)) return undefined;
    if (type === 'message.deleted') return { id: message.id, channel_id: channel.id, guild_id: guildId };
    const author = guild.members.find((member) => member.userId === message.author.id);
    const shown = { ...message, guild_id: guildId, ...(author ? { member: memberWithoutUser(guild, author) } : {}) };
    const visible =
      session.intents & Intent.MessageContent ||
      message.author.id === botUserId ||
      message.mentions.some((user) => user.id === botUserId);
    return visible ? shown : { ...shown, content: '', embeds: [], attachments: [], components: [] };
  };
  const names = {
    'message.created': 'MESSAGE_CREATE',
    'message.updated': 'MESSAGE_UPDATE',
    'message.deleted': 'MESSAGE_DELETE',
  };
  return [{ type: names[type], guildId, intent: Intent.GuildMessages, data }];
}
