import type { Player } from '#services/contracts/player.ts';
import type { Words } from '../language/en.ts';

/** Which filters are on. */
export const filtersOf = (
  { filters }: Words,
  { filterValues: { presets, speed, pitch, equaliser } }: Player,
): string[] => [
  ...presets.map((name) => filters.presets[name]),
  ...(speed === 100 ? [] : [filters.speed(speed)]),
  ...(pitch === 100 ? [] : [filters.pitch(pitch)]),
  ...(equaliser ? [filters.equaliser] : []),
];

/** The same as a sentence; they can be heard after a second or two. */
export function filtersNow(words: Words, player: Player): string {
  const on = filtersOf(words, player);
  return on.length === 0 ? words.filters.none : words.filters.on(on.join(', '));
}
