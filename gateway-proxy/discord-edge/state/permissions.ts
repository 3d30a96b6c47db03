import { PermissionFlagsBits } from 'discord-api-types/v10';
import type { Silence } from '#tenants/instance-protocol/voice-events.ts';
import { voicePermissions, type VoicePermission } from '#tenants/instance-protocol/guilds.ts';
import type { Guild } from './guild.ts';
import { rawList, text, type Raw } from '../discord/raw.ts';

/** Discord: Channel Types. */
export const stageChannel = 13;

const everything = Object.values(PermissionFlagsBits).reduce((all, bit) => all | bit, 0n);

const needed: Readonly<Record<VoicePermission, bigint>> = {
  VIEW_CHANNEL: PermissionFlagsBits.ViewChannel,
  CONNECT: PermissionFlagsBits.Connect,
  SPEAK: PermissionFlagsBits.Speak,
};

/**
 * The permissions that a member lacks to be heard in a voice channel. In a stage the bot asks to speak, so SPEAK is not
 * needed there.
 */
export function missingIn(guild: Guild, user: string, channel: Raw): VoicePermission[] {
  const held = permissionsIn(guild, user, channel);
  const isStage = channel['type'] === stageChannel;
  return voicePermissions.filter((name) => !(isStage && name === 'SPEAK') && (held & needed[name]) === 0n);
}

/**
 * Whether a channel's user limit keeps a member out. It does not apply to a member who is already inside or may move
 * members.
 */
export function isFullFor(guild: Guild, user: string, channel: Raw): boolean {
  const limit = channel['user_limit'];
  if (typeof limit !== 'number' || limit <= 0 || guild.voiceChannelOf(user) === channel['id']) return false;
  const inside = [...guild.voiceStates.values()].filter((state) => state['channel_id'] === channel['id']).length;
  return inside >= limit && (permissionsIn(guild, user, channel) & PermissionFlagsBits.MoveMembers) === 0n;
}

/** Whether a member who joins this voice channel now would be heard. */
export const maySpeakIn = (guild: Guild, user: string, channel: Raw): boolean =>
  missingIn(guild, user, channel).length === 0;

/**
 * Whether a member of a stage's audience may start to speak without being invited (Discord: Modify Current User Voice
 * State).
 */
export const maySpeakUp = (guild: Guild, user: string, channel: Raw): boolean =>
  (permissionsIn(guild, user, channel) & PermissionFlagsBits.MuteMembers) !== 0n;

/** Whether a member may change the status of a voice channel that they are not in (Discord: Set Voice Channel Status). */
export const mayManage = (guild: Guild, user: string, channel: Raw): boolean =>
  (permissionsIn(guild, user, channel) & PermissionFlagsBits.ManageChannels) !== 0n;

/** Whether a member sees a channel. */
export const mayView = (guild: Guild, user: string, channel: Raw): boolean =>
  (permissionsIn(guild, user, channel) & PermissionFlagsBits.ViewChannel) !== 0n;

/** The permissions in a channel of a member who has these roles, whether or not the edge has met them. */
export const permissionsOf = (
  guild: Guild,
  { user, roles }: { readonly user: string; readonly roles: readonly string[] },
  channel: Raw,
): bigint => permissionsIn(guild, user, channel, roles);

/**
 * Why nobody hears a member in their voice channel. Discord decides whether they may speak when they join, and does not
 * reconsider: "Permissions are only computed when you join/move channels" (discord/discord-api-docs, issue 4032).
 */
export function silenceOf(guild: Guild, user: string): Silence | undefined {
  const state = guild.voiceStates.get(user);
  const channel = guild.channels.get(guild.voiceChannelOf(user) ?? '');
  if (!state || !channel) return undefined;
  if (state['mute'] === true) return 'muted';
  if (state['suppress'] !== true) return undefined;
  return channel['type'] === stageChannel ? 'audience' : 'no-permission';
}

/**
 * A member's permissions in a channel: the roles', then the overwrites for @everyone, for the member's roles together
 * and for the member (Discord: Permissions, Permission Overwrites). A channel that a member cannot view allows nothing
 * else either.
 */
function permissionsIn(
  guild: Guild,
  user: string,
  channel: Raw,
  roles: readonly string[] = rolesOf(guild, user),
): bigint {
  if (guild.ownerId === user) return everything;
  const base = [guild.id, ...roles].reduce((sum, role) => sum | bits(guild.roles.get(role)?.['permissions']), 0n);
  if (base & PermissionFlagsBits.Administrator) return everything;
  const overwrites = rawList(channel['permission_overwrites']);
  const of = (matches: (id: string) => boolean) => overwrites.filter(({ id }) => matches(text(id) ?? ''));
  let held = apply(
    base,
    of((id) => id === guild.id),
  );
  held = apply(
    held,
    of((id) => roles.includes(id)),
  );
  held = apply(
    held,
    of((id) => id === user),
  );
  return held & PermissionFlagsBits.ViewChannel ? held : 0n;
}

function rolesOf(guild: Guild, user: string): string[] {
  const roles = guild.members.get(user)?.['roles'];
  return Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [];
}

function apply(held: bigint, overwrites: readonly Raw[]): bigint {
  const sum = (field: string) => overwrites.reduce((all, overwrite) => all | bits(overwrite[field]), 0n);
  return (held & ~sum('deny')) | sum('allow');
}

/** Discord sends a permission set as decimal digits in a string; anything else counts as no permissions. */
const bits = (value: unknown): bigint => (typeof value === 'string' && /^\d{1,30}$/.test(value) ? BigInt(value) : 0n);
