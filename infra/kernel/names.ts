/**
 * Names that people read. One rule, after PRECIS (RFC 8264 FreeformClass, RFC 8266 nicknames): one line in NFC, nothing
 * invisible except what an emoji or a script needs, nothing that changes the direction of the surrounding text, and
 * something visible. `readableName` refuses; `displayName` repairs what others chose.
 */

/** The name to store, or what is wrong with it, in words that follow the field's name. */
export type NameVerdict = { readonly name: string } | { readonly fault: string };

/** Line breaks, controls, lone surrogates, directional marks, and characters that no font can show. */
const steering = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Co}\p{Bidi_Control}\p{Noncharacter_Code_Point}]/u;
const breaks = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;
const unshowable = /[\p{Cs}\p{Noncharacter_Code_Point}]/gu;
/** Stacked accents would cover the lines above and below. */
const maxMarks = 6;
const manyMarks = new RegExp(`(\\p{M}{${maxMarks}})\\p{M}+`, 'gu');
/** A blank Braille pattern and a musical null notehead are symbols without ink. */
const visible = /[^\p{Z}\p{C}\p{M}\p{Default_Ignorable_Code_Point}\u2800\u{1D159}]/u;

/** Scripts whose letters change shape with a joiner (U+200D) or non-joiner (U+200C) between them. */
const scripts =
  'Arabic Syriac Nko Adlam Mongolian Tibetan Myanmar Khmer Sinhala Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam';
const joining = scripts.replaceAll(/(\w+) ?/g, String.raw`\p{Script=$1}`);
const emoji = String.raw`\p{Extended_Pictographic}\uFE0F?\p{Emoji_Modifier}?`;
/** Where characters without a shape of their own are allowed (UTS #51, UTS #37, RFC 5892 appendix A). */
const needed = [
  String.raw`\u{1F3F4}[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{2,6}\u{E007F}`,
  String.raw`${emoji}(?:\u200D${emoji})+`,
  String.raw`[0-9#*]\uFE0F\u20E3`,
  String.raw`(?![0-9#*])\p{Emoji}[\uFE0E\uFE0F]`,
  String.raw`\p{Script=Han}[\uFE00-\uFE02\u{E0100}-\u{E01EF}]`,
  String.raw`\p{Script=Mongolian}[\u180B-\u180D\u180F]`,
  String.raw`(?<=[${joining}]\p{Mn}{0,3})[\u200C\u200D](?=[${joining}])`,
];
const invisible = new RegExp(`(${needed.join('|')})|[\\p{Default_Ignorable_Code_Point}\\uFFF9-\\uFFFB]`, 'gu');

/**
 * Validates a name that somebody chose here. Surrounding spaces are removed, and repeated ones collapsed.
 * @param maxCharacters code points after normalization, as JSON Schema counts them
 */
export function readableName(text: string, maxCharacters = 80): NameVerdict {
  if (text.length > maxInput(maxCharacters)) return { fault: tooLong(maxCharacters) };
  const name = oneSpaced(text.normalize('NFC'));
  if (steering.test(name))
    return { fault: 'must not contain line breaks, control characters or marks that change the direction of the text' };
  if (!visible.test(name)) return { fault: 'must have at least 1 visible character' };
  if (withoutInvisible(name) !== name) return { fault: 'must not contain invisible characters' };
  if (name.search(manyMarks) >= 0) return { fault: `must have at most ${maxMarks} accents on one letter` };
  return [...name].length > maxCharacters ? { fault: tooLong(maxCharacters) } : { name };
}

/**
 * Makes a name that was chosen elsewhere, as in Discord, safe to show: one line, nothing that affects the surrounding
 * text, clipped between graphemes, with an ellipsis.
 * @param otherwise for a name without anything visible
 */
export function displayName(text: string, { otherwise = '', maxCharacters = 200 } = {}): string {
  const line = text.slice(0, maxInput(maxCharacters)).replaceAll(breaks, ' ').replaceAll(unshowable, '');
  const name = oneSpaced(withoutInvisible(line.normalize('NFC')).replaceAll(manyMarks, '$1')).normalize('NFC');
  if (!visible.test(name)) return otherwise;
  if ([...name].length <= maxCharacters) return name;
  return `${withoutInvisible(firstOf(name, maxCharacters - 1)).trimEnd()}…`;
}

let segmenter: Intl.Segmenter | undefined;

/** What people perceive as one character each (UAX #29). */
export function graphemes(text: string): string[] {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** As many whole graphemes as have at most this many code points; of a first one that has more, its beginning. */
function firstOf(text: string, maxCharacters: number): string {
  const kept: string[] = [];
  let count = 0;
  for (const grapheme of graphemes(text)) {
    count += [...grapheme].length;
    if (count > maxCharacters) break;
    kept.push(grapheme);
  }
  return kept.length > 0 ? kept.join('') : [...text].slice(0, maxCharacters).join('');
}

/** UTF-16 units that are examined, however long a text is. */
const maxInput = (maxCharacters: number): number => maxCharacters * 8;
const oneSpaced = (text: string): string => text.replaceAll(/\p{Zs}+/gu, ' ').trim();
const withoutInvisible = (text: string): string =>
  text.replaceAll(invisible, (_found, kept: string | undefined) => kept ?? '');
const tooLong = (maxCharacters: number): string => `must have at most ${maxCharacters} characters`;
