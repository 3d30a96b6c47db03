import { catalogue, type CatalogueTrack } from './catalogue.ts';
import type { TrackInfo } from './protocol.ts';

/** LavaLyrics' lyrics object (topi314/LavaLyrics README, "Lyrics Object"). Times in ms. */
export interface Lyrics {
  readonly sourceName: string;
  readonly provider: string;
  readonly text: string | null;
  readonly lines: readonly {
    readonly timestamp: number;
    readonly duration: number | null;
    readonly line: string;
    readonly plugin: object;
  }[];
  readonly plugin: object;
}

const verses = [
  'We sang of {title} until the morning',
  'and nobody asked us to stop',
  'The band of {author} was counting the hours',
  'while every clock in the town fell asleep',
  'Hold on, hold on',
  '{title} is all that we keep',
] as const;

const firstLineMs = 4_000;
const everyMs = 5_000;
/** Genres without words. */
const instrumental: readonly string[] = ['ambient', 'chiptune', 'electronic'];
/** Their lyrics are known, but not when each line is sung. */
const untimed: readonly string[] = ['folk'];

/** The invented lyrics of a song of the catalogue; undefined for an instrumental one, and for what is not in it. */
export function lyricsOf({ identifier, sourceName }: TrackInfo): Lyrics | undefined {
  const song = catalogue.find((track) => track.identifier === identifier);
  if (!song || instrumental.includes(song.genre)) return undefined;
  const common = { sourceName, provider: 'Sandbox', plugin: {} };
  const sung = linesOf(song);
  if (untimed.includes(song.genre)) return { ...common, text: sung.join('\n'), lines: [] };
  const lines = sung.map((line, index) => ({
    timestamp: firstLineMs + index * everyMs,
    duration: everyMs,
    line,
    plugin: {},
  }));
  return { ...common, text: null, lines };
}

/** One line each five seconds, until shortly before the end. */
function linesOf({ title, author, lengthMs }: CatalogueTrack): readonly string[] {
  const count = Math.max(1, Math.floor((lengthMs - firstLineMs) / everyMs) - 1);
  return Array.from({ length: count }, (_, index) =>
    (verses[index % verses.length] ?? '').replace('{title}', title).replace('{author}', author),
  );
}
