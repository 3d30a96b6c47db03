import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { isSnowflake, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { commandScopes } from '#policies/commands.ts';
import { callDigestsOf } from '#policies/entered.ts';
import { isRaw, type Raw } from '../discord/raw.ts';
import type { GuildBook } from '../state/guild-book.ts';
import { permissionsOf } from '../state/permissions.ts';
import { isAlone, withinOf, type WitnessedTransaction } from './witness.ts';

/**
 * States what a message in a request channel permits: the same as `/play` with what it asks for, by its author, there.
 * Discord says the author's roles with the message, but not their permissions, which follow from them. Undefined for a
 * malformed message, or one of a guild that the session does not know.
 */
export function transactionOfRequest(
  tenant: TenantId,
  { message, query }: { readonly message: Raw; readonly query: string },
  book: GuildBook,
): WitnessedTransaction | undefined {
  const author = isRaw(message['author']) ? message['author'] : {};
  const told: Raw = isRaw(message['member']) ? message['member'] : {};
  const ids = [message['id'], message['guild_id'], message['channel_id'], author['id']];
  if (!ids.every(isId)) return undefined;
  const [id, guildId, channelId, user] = ids as [Snowflake, Snowflake, Snowflake, Snowflake];
  const guild = book.guild(guildId);
  const channel = guild?.channels.get(channelId);
  if (!guild || !channel) return undefined;
  const roles = Array.isArray(told['roles']) ? told['roles'].filter(isId) : [];
  return {
    txn: `txn_${id}`,
    tenant,
    scope: commandScopes.play.filter((action) => action === 'player.enqueue'),
    member: {
      kind: 'discord',
      user,
      guild: guildId,
      channel: channelId,
      ...withinOf({ channel_id: channelId }, guildId, book),
      roles,
      permissions: String(permissionsOf(guild, { user, roles }, channel)),
      voiceChannel: (guild.voiceChannelOf(user) ?? null) as Snowflake | null,
      ...(isAlone(book, guildId, user) ? { alone: true as const } : {}),
      command: 'play',
    },
    interaction: {
      id,
      optionsDigest: createHash('sha256')
        .update(canonicalize({ requested: query }) ?? '')
        .digest('base64url'),
      callDigests: callDigestsOf('play', new Map([['query', query]])),
    },
  };
}

const isId = (value: unknown): value is Snowflake => typeof value === 'string' && isSnowflake(value);
