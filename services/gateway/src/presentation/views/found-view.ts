import { ComponentType } from 'discord-api-types/v10';
import { mostPicked, type SearchResponse } from '#services/contracts/player.ts';
import type { Words } from '../language/en.ts';
import { limits } from './fitting.ts';
import { row } from './layout.ts';
import { pageSize, trackLines } from './pages.ts';
import { accent, type View } from './player-view.ts';
import { choiceOf } from './text.ts';

/**
 * What a search found, with a menu to pick from; undefined if there is nothing to show. Discord takes values of at most 100
 * characters: a track with a longer address is left out.
 */
export function foundView(
  words: Words,
  found: SearchResponse['tracks'],
  { title, pick, id }: { readonly title: string; readonly pick: string; readonly id: string },
): View | undefined {
  const byAddress = new Map(found.filter(({ uri }) => uri.length <= limits.choice).map((track) => [track.uri, track]));
  const tracks = [...byAddress.values()].slice(0, pageSize);
  if (tracks.length === 0) return undefined;
  const menu = {
    type: ComponentType.StringSelect,
    custom_id: `bw:search:${id}`,
    placeholder: pick,
    min_values: 1,
    max_values: Math.min(mostPicked, tracks.length),
    options: tracks.map((track, index) => ({
      label: choiceOf(words, track, `${index + 1}. `),
      value: track.uri,
    })),
  };
  const embed = { color: accent, title, description: trackLines(words, tracks, 0) };
  return { embeds: [embed], components: [row([menu])] };
}
