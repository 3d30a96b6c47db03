/**
 * Length as Discord counts it: "Our API uses Python 3, so the API calculates length based on the number of codepoints
 * in the string" (discord/discord-api-docs, issue 1315). An emoji beyond U+FFFF is one, a flag of two letters is two.
 */
export function codePoints(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at += 1) if ((text.codePointAt(at) ?? 0) > 0xffff) count -= 1;
  return count;
}
