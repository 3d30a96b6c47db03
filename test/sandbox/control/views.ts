import type { APIMessage } from 'discord-api-types/v10';
import type { InteractionRecord } from '../world/interactions.ts';
import type { Application, Guild, StoredMessage, User } from '../world/types.ts';
import type { World } from '../world/world.ts';
import { visibleCommands } from '../world/acting/find-command.ts';

/** A user as the chat page shows it. */
export function userView(user: User) {
  return { id: user.id, username: user.username, globalName: user.globalName, bot: user.bot };
}

/** An application without its secrets. */
function applicationView(world: World, application: Application, connected: boolean) {
  return {
    id: application.id,
    name: application.name,
    botUserId: application.botUserId,
    botUsername: world.user(application.botUserId).username,
    interactionsEndpointUrl: application.interactionsEndpointUrl,
    flags: application.flags,
    connected,
  };
}

function guildView(world: World, guild: Guild) {
  return {
    id: guild.id,
    name: guild.name,
    ownerId: guild.ownerId,
    channels: guild.channels.map(({ id, name, type, position, topic, parentId, userLimit, status }) => ({
      id,
      name,
      type,
      position,
      topic,
      parentId,
      userLimit,
      status,
    })),
    roles: guild.roles.map(({ id, name, permissions, position, color, managed }) => ({
      id,
      name,
      permissions,
      position,
      color,
      managed,
    })),
    members: guild.members.map((member) => ({
      userId: member.userId,
      user: userView(world.user(member.userId)),
      roles: member.roles,
      nick: member.nick,
    })),
    voiceStates: guild.voiceStates.map(({ userId, channelId, selfMute, selfDeaf, mute, deaf, suppress }) => ({
      userId,
      channelId,
      selfMute,
      selfDeaf,
      mute,
      deaf,
      suppress,
    })),
    applications: guild.applications,
  };
}

/** Everything a page needs to render, without any token. `connected`: has a live gateway session. */
export function stateView(world: World, connected: (applicationId: string) => boolean) {
  return {
    users: [...world.users.values()].map(userView),
    guilds: [...world.guilds.values()].map((guild) => guildView(world, guild)),
    applications: [...world.applications.values()].map((application) =>
      applicationView(world, application, connected(application.id)),
    ),
  };
}

/** A message, with whether only one person can see it. */
export function messageView(stored: StoredMessage): APIMessage & { ephemeral: boolean } {
  return { ...stored.message, ephemeral: stored.ephemeralFor !== null };
}

/** The commands that a member may use in a channel. */
export function commandsView(world: World, guildId: string, channelId: string, userId: string) {
  const { guild, channel } = world.channel(channelId);
  if (guild.id !== guildId) return [];
  return visibleCommands(world, guild, channel, userId);
}

/** The outcome of an interaction, as visible to the person who caused it. */
export function interactionView(world: World, record: InteractionRecord) {
  const shown = (id: string) => {
    const stored = world.messages.get(id);
    return stored ? [messageView(stored)] : [];
  };
  const message = record.originalMessageId === null ? undefined : shown(record.originalMessageId)[0];
  return {
    id: record.id,
    applicationId: record.applicationId,
    guildId: record.guildId,
    channelId: record.channelId,
    userId: record.userId,
    name: record.name,
    type: record.type,
    state: record.state,
    callbackType: record.callbackType,
    ephemeral: record.ephemeral,
    ...(message ? { message } : {}),
    ...(record.choices ? { choices: record.choices } : {}),
    ...(record.modal ? { modal: record.modal } : {}),
    followups: record.followupIds.flatMap(shown),
    timings: { createdAt: record.createdAt, callbackAt: record.callbackAt, answeredAt: record.answeredAt },
    ...(record.failure ? { failure: record.failure } : {}),
  };
}
