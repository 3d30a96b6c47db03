import { snowflake } from '#infra/kernel/ids.ts';
import type { DiscordMember } from '#security/identity/transaction-token.ts';
import type { PolicyMember } from './evaluator.ts';

/** A member as the edge witnesses them, who uses a command. */
export const discordMember = (member: PolicyMember, command: string): DiscordMember => ({
  kind: 'discord',
  user: snowflake(member.user),
  guild: snowflake(member.guild),
  channel: snowflake(member.channel),
  ...(member.within ? { within: member.within.map(snowflake) } : {}),
  roles: member.roles.map(snowflake),
  permissions: member.permissions,
  voiceChannel: null,
  ...(member.alone ? { alone: true } : {}),
  command,
});
