import type { Player, Track } from '#services/contracts/player.ts';
import type { Words } from '../language/en.ts';
import { linked, whyOf } from './player-view.ts';
import { duration } from './text.ts';

/** The title in bold; what was affected may no longer be known. */
export const titleOf = (words: Words, track: Track | null): string =>
  track ? `**${linked(words, track)}**` : words.track.unknown;

/** Where the current track continues. */
export const atPosition = (words: Words, player: Player): string =>
  `${words.player.continuesAt(duration(player.positionMs))}${whyOf(words, player)}`;

/** What plays after an operation that started another track. */
export const nowPlays = (words: Words, done: string, player: Player): string =>
  player.current ? `${done} ${words.player.now(titleOf(words, player.current))}${whyOf(words, player)}` : done;
