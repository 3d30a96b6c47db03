import { DiscordAPIError, type Client } from 'discord.js';
import { MessageFlags, Routes, type RESTPostAPIChannelMessageResult } from 'discord-api-types/v10';
import { callerFault } from '#infra/kernel/errors.ts';
import { snowflake, type Snowflake } from '#infra/kernel/ids.ts';
import type { Language } from '#infra/kernel/languages.ts';
import type { Player } from '#services/contracts/player.ts';
import type { Announcer } from '../application/now-playing.ts';
import { wordsIn } from './language/words.ts';
import { fitMessage } from './views/fitting.ts';
import { playerView } from './views/player-view.ts';

/** https://discord.com/developers/docs/topics/opcodes-and-status-codes#json */
const unknownChannel = 10_003;
const unknownMessage = 10_008;
const missingAccess = 50_001;
const missingPermissions = 50_013;
/** A message of an earlier release has an embed, which must go before there can be such components (Edit Message). */
const nothingElse = { content: null, embeds: null };
const longestNonce = 25;

/**
 * Writes the now-playing message through Discord's REST API, which does not need the client's caches.
 *
 * @param languageIn what the members of a server read
 */
export function createDiscordAnnouncer(client: Client, languageIn: (guild: Snowflake) => Language): Announcer {
  const bodyOf = (player: Player) => ({
    components: fitMessage(playerView(wordsIn(languageIn(player.guild)), player)).layout,
    allowed_mentions: { parse: [] },
  });
  return {
    async post(channel, player, key) {
      try {
        const message = (await client.rest.post(Routes.channelMessages(channel), {
          body: {
            ...bodyOf(player),
            flags: MessageFlags.IsComponentsV2 | MessageFlags.SuppressNotifications,
            // If it was posted before and nobody remembers it, Discord returns that message (Create Message).
            nonce: key.slice(-longestNonce),
            enforce_nonce: true,
          },
        })) as RESTPostAPIChannelMessageResult;
        return { channelId: channel, messageId: snowflake(message.id) };
      } catch (error) {
        if (!isCode(error, [unknownChannel, missingAccess, missingPermissions])) throw error;
        throw callerFault('announcer.refused', 'The bot does not have permission to write in this channel.', 403);
      }
    },
    async redraw({ channelId, messageId }, player) {
      try {
        const body = { ...bodyOf(player), ...nothingElse, flags: MessageFlags.IsComponentsV2 };
        await client.rest.patch(Routes.channelMessage(channelId, messageId), { body });
        return true;
      } catch (error) {
        if (isCode(error, [unknownMessage, unknownChannel, missingAccess])) return false;
        throw error;
      }
    },
    async remove({ channelId, messageId }) {
      try {
        await client.rest.delete(Routes.channelMessage(channelId, messageId));
      } catch (error) {
        if (!isCode(error, [unknownMessage, unknownChannel, missingAccess, missingPermissions])) throw error;
      }
    },
  };
}

const isCode = (error: unknown, codes: readonly number[]): boolean =>
  error instanceof DiscordAPIError && codes.some((code) => error.code === code);
