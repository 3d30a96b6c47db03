import { PermissionFlagsBits } from 'discord-api-types/v10';
import type { Snowflake } from '#infra/kernel/ids.ts';

/**
 * The least that a slash-only music bot needs; a guild's owner sees this list before authorising (Discord:
 * Permissions).
 */
const leastPermissions =
  PermissionFlagsBits.ViewChannel |
  PermissionFlagsBits.SendMessages |
  PermissionFlagsBits.EmbedLinks |
  // What is playing as the status of the voice channel.
  PermissionFlagsBits.SetVoiceChannelStatus |
  PermissionFlagsBits.Connect |
  PermissionFlagsBits.Speak |
  // Asks a stage's moderators. Speaking without being invited needs MUTE_MEMBERS, which an owner has to grant.
  PermissionFlagsBits.RequestToSpeak;

/** Where a guild's owner adds the bot (Discord: OAuth2, Bot Authorization Flow). */
export function inviteUrl(discordApiUrl: string, applicationId: Snowflake): string {
  const url = new URL(`${discordApiUrl.replace(/\/api$/, '')}/oauth2/authorize`);
  url.searchParams.set('client_id', applicationId);
  url.searchParams.set('scope', 'bot applications.commands');
  url.searchParams.set('permissions', leastPermissions.toString());
  return url.href;
}
