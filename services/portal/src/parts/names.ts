const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** What stands for a name where there is no picture: its first character as readers see it, an emoji whole. */
export function initialOf(name: string): string {
  for (const { segment } of graphemes.segment(name.trim())) return segment.toLocaleUpperCase();
  return '?';
}

/** Hebrew, Arabic and the other scripts that are written from right to left, by their blocks (Unicode). */
const rightToLeft = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;
const firstStrongIsolate = '\u2068';
const popIsolate = '\u2069';

/**
 * A name within a sentence of ours, where no <bdi> can stand (labels, messages, options of a list): its direction
 * changes nothing around it (UAX #9, 2.7). Names that cannot are as they are.
 */
export const isolated = (name: string): string =>
  rightToLeft.test(name) ? `${firstStrongIsolate}${name}${popIsolate}` : name;
