import type { KeptTrack, LibraryPart, Playlists } from '#services/contracts/library.ts';
import type { Words } from '../language/en.ts';
import { pageButtons, pageOf, pageSize, trackLines } from './pages.ts';
import { accent, linked, type View } from './player-view.ts';
import { plain } from './text.ts';

export interface ListedAs {
  readonly title: string;
  /** What a list without tracks says. */
  readonly empty: string;
  /** The command whose buttons turn the pages; without one, the footer says how to see the others. */
  readonly command?: string;
  readonly end?: (track: KeptTrack) => string;
}

/** A page of a list. */
export function partView(words: Words, part: LibraryPart, { title, empty, command, end }: ListedAs): View {
  const { pages, tracks } = words;
  const page = pageOf(part.length, part.from / pageSize + 1);
  const turning = command === undefined && page.pages > 1 ? ` · ${pages.others}` : '';
  const embed = {
    color: accent,
    title,
    description: part.tracks.length === 0 ? empty : trackLines(words, part.tracks, part.from, end ? { end } : {}),
    footer: { text: `${pages.page(page.shown, page.pages)} · ${tracks(part.length)}${turning}` },
  };
  return { embeds: [embed], components: command === undefined ? [] : pageButtons(words, command, page) };
}

/** A member's playlists. */
export function playlistsView(words: Words, playlists: Playlists): View {
  const lines = playlists.map(({ name, length }) => `**${nameOf(words, name)}** · ${words.tracks(length)}`);
  const { none, yours } = words.library;
  const description = lines.length === 0 ? none : lines.join('\n');
  return { embeds: [{ color: accent, title: yours, description }], components: [] };
}

/** A list's name, as its member wrote it. */
export const nameOf = (words: Words, name: string): string => plain(name, 60, words.playlist);

/** The title in bold; a repeated answer may no longer know it. */
export const trackOf = (words: Words, track: KeptTrack | null): string =>
  track ? `**${linked(words, track)}**` : words.track.unknown;
