import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import type { Part } from '#services/contracts/library.ts';
import type { Track } from '#services/contracts/player.ts';
import type { Words } from '../language/en.ts';
import { limits } from './fitting.ts';
import { button } from './layout.ts';
import { linked } from './player-view.ts';
import { lengthOf } from './text.ts';

export const pageSize = 10;
/** Ends the custom id of a button that redraws its own message instead of answering with a new one. */
export const turnsPage = 'turn';

/** A page of a list, counted from 1; one past the end is the last. */
export interface Page {
  readonly shown: number;
  readonly pages: number;
  /** The first entry of it, counted from 0. */
  readonly from: number;
}

export function pageOf(length: number, wanted: number, size = pageSize): Page {
  const pages = Math.max(1, Math.ceil(length / size));
  const shown = Math.min(Math.max(1, wanted), pages);
  return { shown, pages, from: (shown - 1) * size };
}

/** What to ask for to show a page of a list whose length is not known yet. */
export const partOf = (page = 1): Part => ({ from: (page - 1) * pageSize, limit: pageSize });

/** The page that a button names, up to `last`; undefined if it names none. */
export function pageFromButton(argument: string | undefined, last: number): { readonly page: number } | undefined {
  const page = Number(argument ?? '1');
  return Number.isInteger(page) && page >= 1 && page <= last ? { page } : undefined;
}

/** Buttons that turn the pages of a command's answer; none if there is one page. */
export function pageButtons({ buttons }: Words, command: string, { shown, pages }: Page): readonly object[] {
  if (pages === 1) return [];
  const turn = (page: number, label: string, disabled: boolean, end = '') =>
    button(`bw:${command}:${page}:${turnsPage}${end}`, label, undefined, ButtonStyle.Secondary, disabled);
  const components = [
    // Custom ids in a message differ, also where two buttons lead to the same page.
    turn(1, buttons.first, shown <= 1, ':first'),
    turn(shown - 1, buttons.back, shown <= 1),
    turn(shown + 1, buttons.next, shown >= pages),
    turn(pages, buttons.last, shown >= pages, ':last'),
  ];
  return [{ type: ComponentType.ActionRow, components }];
}

/**
 * Every title of a page below the lines of `head`; links are added from the top as long as there is room for them.
 * `end` is what a line ends with, and `positions` its number if that is not the next.
 */
export function trackLines<Shown extends Pick<Track, 'title' | 'uri' | 'isStream' | 'lengthMs'>>(
  words: Words,
  tracks: readonly Shown[],
  from: number,
  {
    head = () => [],
    end = () => '',
    positions = [],
  }: {
    readonly head?: (withAddress: boolean) => readonly string[];
    readonly end?: (track: Shown) => string;
    readonly positions?: readonly number[];
  } = {},
): string {
  const lines = (links: number): string =>
    [
      ...head(links > 0),
      ...tracks.map((track, index) => {
        const title = linked(words, track, 60, index + 1 < links);
        return `\`${positions[index] ?? from + index + 1}.\` ${title} · ${lengthOf(words, track)}${end(track)}`;
      }),
    ].join('\n');
  for (let links = tracks.length + 1; links > 0; links -= 1) {
    const text = lines(links);
    if (text.length <= limits.description) return text;
  }
  return lines(0);
}
