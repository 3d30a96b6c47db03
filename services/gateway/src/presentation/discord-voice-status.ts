import { DiscordAPIError, type Client } from 'discord.js';
import { callerFault } from '#infra/kernel/errors.ts';
import { displayName } from '#infra/kernel/names.ts';
import type { Player } from '#services/contracts/player.ts';
import type { StatusLine } from '../application/voice-status.ts';

/** Discord allows 500 characters (Channel Resource, Set Voice Channel Status), of which people see fewer. */
const longestTitle = 200;

/** Sets the status of voice channels through Discord's REST API; in a stage there is none. */
export const createVoiceStatusLine = (client: Client): StatusLine => ({
  async set(channel, player) {
    try {
      const status = player?.current ? statusOf(player, player.current.title) : null;
      await client.rest.put(`/channels/${channel}/voice-status`, { body: { status } });
    } catch (error) {
      if (!(error instanceof DiscordAPIError) || error.status >= 500 || error.status === 429) throw error;
      throw callerFault('status.refused', 'The bot may not set the status of this voice channel.', 403);
    }
  },
});

/** Plain text: Discord shows no markdown here. */
function statusOf({ state }: Player, title: string): string {
  const sign = state === 'paused' ? '⏸️' : '🎶';
  return `${sign} ${displayName(title, { otherwise: '…', maxCharacters: longestTitle })}`;
}
