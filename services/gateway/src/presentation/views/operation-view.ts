import type { Player, Track } from '#services/contracts/player.ts';
import { linked, whyOf } from './player-view.ts';
import { duration } from './text.ts';

/** `1 track`, `2 tracks` */
export const tracks = (count: number): string => `${count} ${count === 1 ? 'track' : 'tracks'}`;

/** The title in bold; what was affected may no longer be known. */
export const titleOf = (track: Track | null): string => (track ? `**${linked(track)}**` : 'the track');

/** Where the current track continues. */
export const atPosition = (player: Player): string => `Continues at ${duration(player.positionMs)}.${whyOf(player)}`;

/** Which filters are on; they can be heard after a second or two. */
export const filtersNow = ({ filters }: Player): string =>
  filters.length === 0 ? 'No filters are on.' : `Filters: ${filters.join(', ')}.`;

/** What plays after an operation that started another track. */
export const nowPlays = (done: string, player: Player): string =>
  player.current ? `${done} Now: ${titleOf(player.current)}.${whyOf(player)}` : done;
