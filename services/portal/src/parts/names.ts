const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Stands in for a missing picture: the name's first grapheme, so that an emoji stays whole. */
export function initialOf(name: string): string {
  for (const { segment } of graphemes.segment(name.trim())) return segment.toLocaleUpperCase();
  return '?';
}

/** The Unicode blocks of Hebrew, Arabic and the other right-to-left scripts. */
const rightToLeft = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;
const firstStrongIsolate = '\u2068';
const popIsolate = '\u2069';

/**
 * For a name within a text that cannot contain <bdi> (labels, messages, options of a list): its direction does not
 * affect the text around it (UAX #9, 2.7). Names without right-to-left characters are unchanged.
 */
export const isolated = (name: string): string =>
  rightToLeft.test(name) ? `${firstStrongIsolate}${name}${popIsolate}` : name;
