import type { Track } from '#services/contracts/player.ts';

const hourMs = 3_600_000;
/** What of a text is looked at: no title needs more, and no title may cost more. */
const longestRead = 2_000;
/** Of marks on one letter more than this is decoration that covers the lines around it. */
const stackedMarks = /(\p{M}{8})\p{M}+/gu;
/**
 * What is kept although it is invisible, since letters and emoji are made with it: joiners between letters (Persian,
 * Indic; RFC 5892, A.1), joiners and tags in emoji, variation selectors after what they vary.
 */
const joined =
  /(?<=[\p{L}\p{M}])[\u200C\u200D](?=\p{L})|(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])\u200D(?=\p{Extended_Pictographic})|(?<=\u{1F3F4})[\u{E0020}-\u{E007E}]+\u{E007F}|(?<=[^\s\p{Cc}])[\uFE0E\uFE0F\u{E0100}-\u{E01EF}]/u;
/** Default-ignorable code points (Unicode 4.4) show nothing or reorder what stands around them. */
const invisible = new RegExp(String.raw`(${joined.source})|[\p{DI}\uFFF9-\uFFFB]`, 'gu');
const visible = /[^\s\p{M}\p{C}\p{DI}\u2800]/u;

let segmenter: Intl.Segmenter | undefined;

/** What people see as one character each (Unicode TR29). */
export function graphemes(text: string): string[] {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** 3:05, or 1:02:03 from an hour on. */
export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000) % 60;
  const minutes = Math.floor(ms / 60_000) % 60;
  const two = (value: number) => String(value).padStart(2, '0');
  return ms < hourMs ? `${minutes}:${two(seconds)}` : `${Math.floor(ms / hourMs)}:${two(minutes)}:${two(seconds)}`;
}

/** How long a track is, in words where it is no number. */
export function lengthOf({ isStream, lengthMs }: Pick<Track, 'isStream' | 'lengthMs'>): string {
  if (isStream) return 'LIVE';
  return lengthMs === null ? 'unknown length' : duration(lengthMs);
}

/** A text from outside on one line, without what cannot be seen; `otherwise` where nothing is left to see. */
export function oneLine(text: string, otherwise: string): string {
  const line = text
    .slice(0, longestRead)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .replaceAll(invisible, '$1')
    .replaceAll(stackedMarks, '$1')
    .trim();
  return visible.test(line) ? line : otherwise;
}

/** At most `max` UTF-16 code units, cut between characters as people see them; an ellipsis says that something is gone. */
export const cut = (text: string, max: number): string => cutAtoms(graphemesOf(text, max), text, max);

/**
 * A title or name from outside, so that Discord shows it as it is: no markdown, no mention, no link of its own, on one
 * line. At most twice `max` long, since a backslash may stand before each character.
 */
export function plain(text: string, max = 80, otherwise = 'Untitled'): string {
  // A zero-width space after @ and < breaks mentions; a backslash before the rest breaks markdown.
  return cut(oneLine(text, otherwise), max)
    .replaceAll(/[\\*_~`|>#\-[\]()]/g, String.raw`\$&`)
    .replaceAll(/[@<]/g, '$&\u200B')
    .replaceAll('://', ':/\u200B/');
}

/** What is never cut in two: a link, an escaped character, a mention or timestamp, a mark of bold or code. */
const markdownAtom =
  /(?:\[(?:\\.|[^\\[\]\n])*\]\(https?:\/\/[^\s()]*\)|\\[^\s]|<[@#:/a-z][^<>\s]{0,100}>|\*\*|`[^`\n]*`)[\p{M}\u200D\u200B]*/gu;

/** The same as `cut` for a text of ours with markdown in it: links, escapes and mentions stay whole, bold is closed. */
export function cutMarkdown(given: string, max: number): string {
  const text = given.toWellFormed();
  if (text.length <= max) return text;
  const atoms: string[] = [];
  let at = 0;
  const read = text.slice(0, 2 * max);
  for (const { 0: atom, index } of read.matchAll(markdownAtom)) {
    atoms.push(...graphemes(read.slice(at, index)), atom);
    at = index + atom.length;
  }
  atoms.push(...graphemes(read.slice(at)));
  const kept = cutAtoms(atoms, text, Math.max(1, max - 2));
  return (kept.split('**').length - 1) % 2 === 0 ? kept : `${kept}**`;
}

const graphemesOf = (text: string, max: number): string[] =>
  text.length <= max ? [] : graphemes(text.slice(0, 2 * max));

function cutAtoms(atoms: readonly string[], text: string, max: number): string {
  if (text.length <= max) return text;
  let kept = '';
  for (const atom of atoms) {
    if (kept.length + atom.length > max - 1) break;
    kept += atom;
  }
  return `${kept.trimEnd()}…`;
}
