import { createUser } from './applications.ts';
import { forbidden, invalid, notFound } from './errors.ts';
import { everyonePermissions, memberOf } from './permissions.ts';
import type { Channel, Guild, Member, Role } from './types.ts';
import { changeVoice } from './voice.ts';
import type { World } from './world.ts';

/** Creates a guild with @everyone and its owner. */
export function createGuild(world: World, name: string, ownerId: string): Guild {
  const id = world.ids.next();
  const guild: Guild = {
    id,
    name,
    ownerId: world.user(ownerId).id,
    roles: [
      {
        id,
        name: '@everyone',
        permissions: everyonePermissions.toString(),
        position: 0,
        color: 0,
        managed: false,
      },
    ],
    channels: [],
    members: [],
    voiceStates: [],
    applications: [],
  };
  world.guilds.set(id, guild);
  world.emit({ type: 'guild.created', guildId: id });
  addMember(world, id, ownerId);
  return guild;
}

/** Adds a role above all others, by default without permissions of its own. */
export function createRole(
  world: World,
  guildId: string,
  role: { name: string; permissions?: bigint; color?: number },
): Role {
  const guild = world.guild(guildId);
  const created: Role = {
    id: world.ids.next(),
    name: role.name,
    permissions: (role.permissions ?? 0n).toString(),
    position: guild.roles.length,
    color: role.color ?? 0,
    managed: false,
  };
  guild.roles.push(created);
  world.emit({ type: 'role.created', guildId, roleId: created.id });
  return created;
}

/** The channel types that the sandbox supports, by their names in its control API. */
export const channelTypes = { text: 0, voice: 2, category: 4, stage: 13 } as const;

/** Adds a channel below all others. */
export function createChannel(
  world: World,
  guildId: string,
  channel: { name: string; type: keyof typeof channelTypes; userLimit?: number; topic?: string | null } & Partial<
    Pick<Channel, 'overwrites' | 'parentId'>
  >,
): Channel {
  const guild = world.guild(guildId);
  const created: Channel = {
    id: world.ids.next(),
    guildId,
    name: channel.name,
    type: channelTypes[channel.type],
    position: guild.channels.length,
    topic: channel.topic ?? null,
    parentId: channel.parentId ?? null,
    userLimit: channel.userLimit ?? 0,
    overwrites: channel.overwrites ?? [],
    status: null,
    lastMessageId: null,
  };
  guild.channels.push(created);
  world.emit({ type: 'channel.created', guildId, channelId: created.id });
  return created;
}

/** Adds a user to a guild; no effect if they are in it already. */
export function addMember(world: World, guildId: string, userId: string, roles: string[] = []): Member {
  const guild = world.guild(guildId);
  const present = guild.members.find((candidate) => candidate.userId === userId);
  if (present) return present;
  const member: Member = {
    userId: world.user(userId).id,
    nick: null,
    roles: knownRoles(guild, roles),
    joinedAt: new Date(world.clock.now()).toISOString(),
  };
  guild.members.push(member);
  world.emit({ type: 'member.added', guildId, userId });
  return member;
}

/** Adds a new person to a guild. */
export function addPerson(world: World, guildId: string, name: string, roles: string[] = []): Member {
  return addMember(world, guildId, createUser(world, name).id, roles);
}

/** Replaces a member's roles, nickname, or both. */
export function updateMember(
  world: World,
  guildId: string,
  userId: string,
  change: { roles?: string[] | undefined; nick?: string | null | undefined },
): Member {
  const guild = world.guild(guildId);
  const member = memberOf(guild, userId);
  if (change.roles) member.roles = knownRoles(guild, change.roles);
  if (change.nick !== undefined) member.nick = change.nick;
  world.emit({ type: 'member.updated', guildId, userId });
  return member;
}

/** Changes a role's permissions or name; what members may do changes immediately. */
export function updateRole(
  world: World,
  guildId: string,
  roleId: string,
  change: { name?: string | undefined; permissions?: bigint | undefined },
): Role {
  const role = world.guild(guildId).roles.find((candidate) => candidate.id === roleId);
  if (!role) throw notFound('role');
  role.name = change.name ?? role.name;
  role.permissions = change.permissions?.toString() ?? role.permissions;
  world.emit({ type: 'role.updated', guildId, roleId });
  return role;
}

/** Changes a channel. People who are inside stay, even if they could no longer join. */
export function updateChannel(
  world: World,
  guildId: string,
  channelId: string,
  change: Partial<Pick<Channel, 'name' | 'topic' | 'userLimit' | 'overwrites'>>,
): Channel {
  const channel = world.guild(guildId).channels.find((candidate) => candidate.id === channelId);
  if (!channel) throw notFound('channel');
  Object.assign(channel, change);
  world.emit({ type: 'channel.updated', guildId, channelId });
  return channel;
}

/** Deletes a channel, and after it the voice states and messages in it. */
export function deleteChannel(world: World, guildId: string, channelId: string): void {
  const guild = world.guild(guildId);
  const channel = guild.channels.find((candidate) => candidate.id === channelId);
  if (!channel) throw notFound('channel');
  guild.channels = guild.channels.filter((candidate) => candidate !== channel);
  world.emit({ type: 'channel.deleted', guildId, channel });
  for (const { userId, sessionId } of guild.voiceStates.filter((state) => state.channelId === channelId))
    changeVoice(world, guildId, userId, { channelId: null, sessionId });
  for (const [id, { message }] of world.messages) if (message.channel_id === channelId) world.messages.delete(id);
}

/** Removes a person from a guild, and from its voice channels first. Bots are removed as applications. */
export function removeMember(world: World, guildId: string, userId: string): void {
  const guild = world.guild(guildId);
  memberOf(guild, userId);
  if (guild.ownerId === userId) throw forbidden('owner-stays', 'The owner cannot leave.');
  if (world.user(userId).bot) throw invalid('not-a-person', 'A bot is removed as an application.');
  changeVoice(world, guildId, userId, { channelId: null, sessionId: '' });
  guild.members = guild.members.filter((member) => member.userId !== userId);
  world.emit({ type: 'member.removed', guildId, userId });
}

function knownRoles(guild: Guild, roles: string[]): string[] {
  const unknown = roles.find((id) => !guild.roles.some((role) => role.id === id));
  if (unknown !== undefined) throw invalid('unknown-role', `This guild has no role ${unknown}.`);
  return [...new Set(roles)].filter((id) => id !== guild.id);
}
