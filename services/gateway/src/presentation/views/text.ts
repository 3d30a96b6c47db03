import { displayName, graphemes } from '#infra/kernel/names.ts';
import type { Track } from '#services/contracts/player.ts';
import type { Words } from '../language/en.ts';

/** Discord: Application Command Option Choice, Select Option. */
const mostInChoice = 100;
const hourMs = 3_600_000;
/** 3:05, or 1:02:03 from an hour on. */
export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000) % 60;
  const minutes = Math.floor(ms / 60_000) % 60;
  const two = (value: number) => String(value).padStart(2, '0');
  return ms < hourMs ? `${minutes}:${two(seconds)}` : `${Math.floor(ms / hourMs)}:${two(minutes)}:${two(seconds)}`;
}

/** A track's length, in words if it is not a number. */
export function lengthOf(
  { track }: Pick<Words, 'track'>,
  { isStream, lengthMs }: Pick<Track, 'isStream' | 'lengthMs'>,
): string {
  if (isStream) return track.live;
  return lengthMs === null ? track.unknownLength : duration(lengthMs);
}

/** A track as a choice: its length stays visible, however long the title is. */
export function choiceOf(
  words: Pick<Words, 'track'>,
  track: Pick<Track, 'title' | 'author' | 'isStream' | 'lengthMs'>,
  start = '',
): string {
  const end = ` · ${lengthOf(words, track)}`;
  const author = displayName(track.author);
  const title = `${start}${displayName(track.title, { otherwise: words.track.untitled })}${author === '' ? '' : ` · ${author}`}`;
  return `${cut(title, mostInChoice - end.length)}${end}`;
}

/** At most `max` UTF-16 code units, cut between graphemes; an ellipsis marks a cut. */
export const cut = (text: string, max: number): string => cutAtoms(graphemesOf(text, max), text, max);

/**
 * A title or name from outside, so that Discord shows it literally: no markdown, no mention, no link, on one line. At
 * most twice `max` long, since a backslash may precede each character.
 */
export function plain(text: string, max: number, otherwise: string): string {
  // A zero-width space after @ and < breaks mentions; a backslash before the rest breaks markdown.
  return cut(displayName(text, { otherwise, maxCharacters: max }), max)
    .replaceAll(/[\\*_~`|>#\-[\]()]/g, String.raw`\$&`)
    .replaceAll(/[@<]/g, '$&\u200B')
    .replaceAll('://', ':/\u200B/');
}

/** What is never cut in two: a link, an escaped character, a mention or timestamp, a bold or code mark. */
const markdownAtom =
  /(?:\[(?:\\.|[^\\[\]\n])*\]\(https?:\/\/[^\s()]*\)|\\[^\s]|<[@#:/a-z][^<>\s]{0,100}>|\*\*|`[^`\n]*`)[\p{M}\u200D\u200B]*/gu;

/** The same as `cut` for our own text with markdown: links, escapes and mentions stay whole, bold is closed. */
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
