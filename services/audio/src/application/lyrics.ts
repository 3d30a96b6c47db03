import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { playerErrorCodes, type LyricsResponse } from '#services/contracts/player.ts';
import { trackOf } from '../domain/entry.ts';
import { mustPlay } from '../domain/must-play.ts';
import { emptySession } from '../domain/session.ts';
import type { GuildKey, Lavalink, SessionStore } from './ports.ts';
import { playerOf } from './view.ts';

/**
 * The lyrics of the current track, and where it is.
 * @throws BailiwickError player.nothing-plays (409), player.lyrics-missing (422) if no node has a plugin for them,
 *   player.no-lyrics (404) if the plugin finds none
 */
export async function lyrics(
  { store, lavalink, clock }: { readonly store: SessionStore; readonly lavalink: Lavalink; readonly clock: Clock },
  guildKey: GuildKey,
): Promise<LyricsResponse> {
  const session = (await store.read(guildKey)) ?? emptySession(guildKey.guild);
  const current = mustPlay(session);
  const found = await lavalink.lyrics(guildKey, session.node, current);
  if (found === 'no-plugin')
    throw callerFault(playerErrorCodes.lyricsMissing, 'The music server of this bot does not offer lyrics.', 422);
  if (found === 'none') throw callerFault(playerErrorCodes.noLyrics, 'There are no lyrics for this track.', 404);
  const { positionMs } = playerOf(session, clock.now());
  return { track: trackOf(current), positionMs, provider: found.provider, lines: [...found.lines] };
}
