import { PermissionFlagsBits } from 'discord-api-types/v10';
import { notFound } from './errors.ts';
import type { Channel, Guild, Member } from './types.ts';

/** Every permission. */
const allPermissions = Object.values(PermissionFlagsBits).reduce((all, bit) => all | bit, 0n);

/** What @everyone may do in a new guild, close to Discord's own default. */
export const everyonePermissions =
  PermissionFlagsBits.ViewChannel |
  PermissionFlagsBits.SendMessages |
  PermissionFlagsBits.EmbedLinks |
  PermissionFlagsBits.AttachFiles |
  PermissionFlagsBits.ReadMessageHistory |
  PermissionFlagsBits.AddReactions |
  PermissionFlagsBits.UseExternalEmojis |
  PermissionFlagsBits.Connect |
  PermissionFlagsBits.Speak |
  PermissionFlagsBits.UseVAD |
  PermissionFlagsBits.ChangeNickname |
  PermissionFlagsBits.RequestToSpeak |
  PermissionFlagsBits.UseApplicationCommands;

/** The permissions in the invite link of Bailiwick's bots (tenants/application-check), which an installation grants. */
export const musicBotPermissions =
  PermissionFlagsBits.ViewChannel |
  PermissionFlagsBits.SendMessages |
  PermissionFlagsBits.EmbedLinks |
  PermissionFlagsBits.SetVoiceChannelStatus |
  PermissionFlagsBits.Connect |
  PermissionFlagsBits.Speak |
  PermissionFlagsBits.RequestToSpeak;

/** A member's permissions in the guild as a whole (Discord: Permissions, Permission Hierarchy). */
export function guildPermissions(guild: Guild, member: Member): bigint {
  if (guild.ownerId === member.userId) return allPermissions;
  const held = guild.roles.filter((role) => role.id === guild.id || member.roles.includes(role.id));
  const permissions = held.reduce((sum, role) => sum | BigInt(role.permissions), 0n);
  return permissions & PermissionFlagsBits.Administrator ? allPermissions : permissions;
}

/** A member's permissions in one channel: the guild's, then overwrites of @everyone, of roles, and of the member. */
export function channelPermissions(guild: Guild, member: Member, channel: Channel): bigint {
  const base = guildPermissions(guild, member);
  if (base & PermissionFlagsBits.Administrator) return allPermissions;
  const apply = (permissions: bigint, overwrites: { allow: string; deny: string }[]): bigint => {
    const deny = overwrites.reduce((sum, overwrite) => sum | BigInt(overwrite.deny), 0n);
    const allow = overwrites.reduce((sum, overwrite) => sum | BigInt(overwrite.allow), 0n);
    return (permissions & ~deny) | allow;
  };
  const overwrites = channel.overwrites;
  let permissions = apply(
    base,
    overwrites.filter((overwrite) => overwrite.id === guild.id),
  );
  permissions = apply(
    permissions,
    overwrites.filter((overwrite) => overwrite.type === 0 && member.roles.includes(overwrite.id)),
  );
  permissions = apply(
    permissions,
    overwrites.filter((overwrite) => overwrite.type === 1 && overwrite.id === member.userId),
  );
  return permissions & PermissionFlagsBits.ViewChannel ? permissions : 0n;
}

/** Whether a user, possibly not a member, has all of these permissions in a channel. */
export function mayInChannel(guild: Guild, userId: string, channel: Channel, needed: bigint): boolean {
  const member = guild.members.find((candidate) => candidate.userId === userId);
  if (!member) return false;
  return (channelPermissions(guild, member, channel) & needed) === needed;
}

/** A guild's member; throws if there is none. */
export function memberOf(guild: Guild, userId: string): Member {
  const member = guild.members.find((candidate) => candidate.userId === userId);
  if (!member) throw notFound('member');
  return member;
}
