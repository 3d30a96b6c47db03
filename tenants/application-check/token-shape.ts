import { isSnowflake, type Snowflake } from '#infra/kernel/ids.ts';

/**
 * Extracts the bot's user id from a token (Discord: Authentication; the first part is the id in base64); undefined if
 * the text cannot be a bot token. Keeps a mistyped secret from being sent anywhere.
 */
export function tokenShape(token: string): { botUserId: Snowflake } | undefined {
  const parts = /^([A-Za-z0-9_-]{16,40})\.[A-Za-z0-9_-]{4,12}\.[A-Za-z0-9_-]{20,80}$/.exec(token);
  const id = Buffer.from(parts?.[1] ?? '', 'base64url').toString('latin1');
  return parts && isSnowflake(id) ? { botUserId: id } : undefined;
}
