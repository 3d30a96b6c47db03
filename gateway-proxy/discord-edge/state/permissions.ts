import { PermissionFlagsBits } from 'discord-api-types/v10';
import { voicePermissions, type VoicePermission } from '#tenants/instance-protocol/guilds.ts';
import type { Guild } from './guild.ts';
import { rawList, text, type Raw } from './raw.ts';

const everything = Object.values(PermissionFlagsBits).reduce((all, bit) => all | bit, 0n);

const needed: Readonly<Record<VoicePermission, bigint>> = {
  VIEW_CHANNEL: PermissionFlagsBits.ViewChannel,
  CONNECT: PermissionFlagsBits.Connect,
  SPEAK: PermissionFlagsBits.Speak,
};

/**
 * What a member lacks to be heard in a voice channel. In a stage the bot asks to speak, so SPEAK is not needed there.
 */
export function missingIn(guild: Guild, user: string, channel: Raw): VoicePermission[] {
  const held = permissionsIn(guild, user, channel);
  const isStage = channel['type'] === 13;
  return voicePermissions.filter((name) => !(isStage && name === 'SPEAK') && (held & needed[name]) === 0n);
}

/** May a member enter a channel that is full? */
export const mayEnterFull = (guild: Guild, user: string, channel: Raw): boolean =>
  (permissionsIn(guild, user, channel) & PermissionFlagsBits.MoveMembers) !== 0n;

/**
 * A member's permissions in a channel: the roles', then the overwrites for @everyone, for the member's roles together
 * and for the member (Discord: Permissions, Permission Overwrites). What a channel does not show it does not allow
 * either.
 */
function permissionsIn(guild: Guild, user: string, channel: Raw): bigint {
  if (guild.ownerId === user) return everything;
  const roles = rolesOf(guild, user);
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

/** Discord sends a permission set as decimal digits in a string; anything else holds nothing. */
const bits = (value: unknown): bigint => (typeof value === 'string' && /^\d{1,30}$/.test(value) ? BigInt(value) : 0n);
