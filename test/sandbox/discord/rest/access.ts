import { PermissionFlagsBits as Permission } from 'discord-api-types/v10';
import { channelPermissions, guildPermissions } from '../../world/permissions.ts';
import type { Application, Channel, Guild, Member, StoredMessage } from '../../world/types.ts';
import type { World } from '../../world/world.ts';
import { invalidForm, refuse } from './errors.ts';
import type { RestRequest } from './route.ts';

/** The guild of a request. Throws Discord's 10004 if it does not exist for this bot, which is not in it. */
export function guildFor(
  world: World,
  application: Application,
  guildId: string | undefined,
): { guild: Guild; bot: Member } {
  const guild = guildId === undefined ? undefined : world.guilds.get(guildId);
  if (!guild) throw refuse('unknownGuild');
  const bot = guild.members.find((member) => member.userId === application.botUserId);
  if (!bot) throw refuse('missingAccess');
  return { guild, bot };
}

/** Requires all of these permissions in the guild. */
export function requireInGuild(guild: Guild, bot: Member, needed: bigint): void {
  if ((guildPermissions(guild, bot) & needed) !== needed) throw refuse('missingPermissions');
}

/** The channel of a request, which the bot must be able to see, and in which it must have `needed`. */
export function channelFor(
  world: World,
  application: Application,
  channelId: string | undefined,
  needed = 0n,
): { guild: Guild; channel: Channel; bot: Member; permissions: bigint } {
  const guild = [...world.guilds.values()].find((candidate) => candidate.channels.some(({ id }) => id === channelId));
  const channel = guild?.channels.find(({ id }) => id === channelId);
  if (!guild || !channel) throw refuse('unknownChannel');
  const bot = guild.members.find((member) => member.userId === application.botUserId);
  const permissions = bot ? channelPermissions(guild, bot, channel) : 0n;
  if (!bot || !(permissions & Permission.ViewChannel)) throw refuse('missingAccess');
  if ((permissions & needed) !== needed) throw refuse('missingPermissions');
  return { guild, channel, bot, permissions };
}

/** A number in a query, at most `most`. Throws 50035. */
export function numberIn(query: RestRequest['query'], name: string, otherwise: number, most: number): number {
  const value = Number(query[name] ?? otherwise);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw invalidForm([name], 'NUMBER_TYPE_MAX', `int value should be between 1 and ${most}.`);
}

/** A boolean in a query, false if it is missing (Discord: API Reference, Boolean Query Strings). Throws 50035. */
export function booleanIn(query: RestRequest['query'], name: string): boolean {
  const value = query[name];
  if (value === 'true' || value === 'True' || value === '1') return true;
  if (value === undefined || value === 'false' || value === 'False' || value === '0') return false;
  throw invalidForm([name], 'BOOLEAN_TYPE_CONVERT', 'Must be either true or false.');
}

/** An id in a query, as a comparable number. Throws 50035. */
export function idIn(query: RestRequest['query'], name: string): bigint | undefined {
  const value = query[name];
  if (value === undefined) return undefined;
  if (/^\d{1,20}$/.test(value)) return BigInt(value);
  throw invalidForm([name], 'NUMBER_TYPE_COERCE', `Value "${value.slice(0, 100)}" is not snowflake.`);
}

/** A message that everybody in the channel can see. */
export function messageIn(world: World, channelId: string, messageId: string | undefined): StoredMessage {
  const stored = messageId === undefined ? undefined : world.messages.get(messageId);
  if (!stored || stored.message.channel_id !== channelId || stored.ephemeralFor !== null)
    throw refuse('unknownMessage');
  return stored;
}
