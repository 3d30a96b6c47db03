import { displayName } from '#infra/kernel/names.ts';
import type { Lyrics } from '../../application/ports.ts';
import { listOf, objectOf, textOf, wholeOf } from './node-values.ts';

/** More than the longest songs have. */
const mostLines = 1_000;
const mostCharacters = 200;

/**
 * Parses LavaLyrics' response (topi314/LavaLyrics README, "Lyrics Object"): lines with times where the source has them,
 * otherwise the text in lines. Undefined if there is nothing to read in it.
 */
export function lyricsFrom(answer: unknown): Lyrics | undefined {
  const { provider, sourceName, text, lines } = objectOf(answer);
  const timed = listOf(lines).slice(0, mostLines).flatMap(timedLine);
  const sung = timed.length > 0 ? timed.toSorted((a, b) => a.atMs - b.atMs) : untimedLines(textOf(text));
  if (sung.every((line) => line.text === '')) return undefined;
  const from = textOf(provider) || textOf(sourceName);
  return { provider: displayName(from, { maxCharacters: 50, otherwise: '' }), lines: sung };
}

function timedLine(line: unknown): readonly { readonly atMs: number; readonly text: string }[] {
  const { timestamp, line: words } = objectOf(line);
  const atMs = wholeOf(timestamp);
  return atMs === undefined || atMs < 0 ? [] : [{ atMs, text: oneLine(textOf(words)) }];
}

const untimedLines = (text: string) =>
  text
    .slice(0, mostLines * mostCharacters)
    .split(/\r\n|\n|\r/)
    .slice(0, mostLines)
    .map((line) => ({ atMs: null, text: oneLine(line) }));

/** An empty line separates verses. */
const oneLine = (text: string): string => displayName(text, { maxCharacters: mostCharacters, otherwise: '' });
