import type { LyricsResponse } from '#services/contracts/player.ts';
import type { Words } from '../language/en.ts';
import { pageButtons, pageOf } from './pages.ts';
import { accent, type View } from './player-view.ts';
import { plain } from './text.ts';

/** Fit into an embed, however long each is: a line of 80 characters has at most 160, with its marks. */
const linesOnPage = 20;
const longestLine = 80;
/** Of the longest lyrics, which have 1,000 lines. */
export const pagesOfLyrics = 50;

interface Says {
  readonly title: (track: string) => string;
  readonly from: (provider: string) => string;
}

/** A page of the lyrics; without `wanted`, the one where the music is. The line that is being sung stands out. */
export function lyricsView(words: Words, says: Says, lyrics: LyricsResponse, wanted?: number): View {
  const { lines, positionMs, provider, track } = lyrics;
  const now = lines.findLastIndex(({ atMs }) => atMs !== null && atMs <= positionMs);
  const page = pageOf(lines.length, wanted ?? Math.floor(Math.max(0, now) / linesOnPage) + 1, linesOnPage);
  const shown = lines.slice(page.from, page.from + linesOnPage).map(({ text }, index) => {
    const line = text === '' ? '' : plain(text, longestLine, '');
    return line !== '' && page.from + index === now ? `**${line}**` : line;
  });
  const from = provider === '' ? [] : [says.from(plain(provider, 50, ''))];
  const embed = {
    color: accent,
    title: says.title(plain(track.title, 80, words.track.untitled)),
    description: shown.join('\n').trim() || '…',
    footer: { text: [words.pages.page(page.shown, page.pages), ...from].join(' · ') },
  };
  return { embeds: [embed], components: pageButtons(words, 'lyrics', page) };
}
