import type { KeptTrack, LibraryPart, Playlists } from '#services/contracts/library.ts';
import { tracks } from './operation-view.ts';
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
export function partView(part: LibraryPart, { title, empty, command, end }: ListedAs): View {
  const page = pageOf(part.length, part.from / pageSize + 1);
  const turning = command === undefined && page.pages > 1 ? ' · see others with `page`' : '';
  const embed = {
    color: accent,
    title,
    description: part.tracks.length === 0 ? empty : trackLines(part.tracks, part.from, end ? { end } : {}),
    footer: { text: `Page ${page.shown} of ${page.pages} · ${tracks(part.length)}${turning}` },
  };
  return { embeds: [embed], components: command === undefined ? [] : pageButtons(command, page) };
}

/** A member's playlists. */
export function playlistsView(playlists: Playlists): View {
  const lines = playlists.map(({ name, length }) => `**${nameOf(name)}** · ${tracks(length)}`);
  const description = lines.length === 0 ? 'You have no playlists. Make one with /playlist create.' : lines.join('\n');
  return { embeds: [{ color: accent, title: 'Your playlists', description }], components: [] };
}

/** A list's name, as its member wrote it. */
export const nameOf = (name: string): string => plain(name, 60, 'a playlist');

/** The title in bold; a repeated answer may no longer know it. */
export const trackOf = (track: KeptTrack | null): string => (track ? `**${linked(track)}**` : 'the track');
