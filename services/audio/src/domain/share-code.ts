import { randomBytes } from 'node:crypto';

/** Crockford's base 32: no letter that is mistaken for a digit, and none that makes words. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const length = 20;

/** A new code by which a playlist is shared: 100 random bits. */
export const newShareCode = (): string => Array.from(randomBytes(length), (byte) => alphabet[byte & 31] ?? '').join('');

/** As members read and write it down: four groups of five. */
export const shownCode = (code: string): string => code.replace(/(.{5})(?=.)/g, '$1-').toUpperCase();

/** The code that a member has typed, whatever its case, spaces and dashes; undefined if it cannot be one. */
export function enteredCode(text: string): string | undefined {
  const code = text.toLowerCase().replace(/[\s-]/g, '').replace(/[il]/g, '1').replace(/o/g, '0');
  return code.length === length && [...code].every((character) => alphabet.includes(character)) ? code : undefined;
}
