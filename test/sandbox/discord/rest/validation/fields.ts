import { z } from 'zod';
import { codePoints } from '../../../code-points.ts';
import { stringifyLossless } from '../../../lossless-json.ts';
import { fault } from './validate.ts';

/**
 * An id, as a string or as a number: Discord accepts both, and Python clients send numbers (discord.py's op 4). Becomes
 * a string with every digit (Discord: API Reference, Snowflakes, ID Serialization).
 */
export const snowflake = z.union([z.string(), z.number(), z.bigint()]).transform((value, context) => {
  const digits = String(value);
  if (/^\d{1,20}$/.test(digits) && BigInt(digits) < 2n ** 64n) return digits;
  const shown = stringifyLossless(value).slice(0, 100);
  context.addIssue(fault('NUMBER_TYPE_COERCE', `Value ${shown} is not snowflake.`));
  return z.NEVER;
});

/** A text of limited length, in Discord's units. */
export function text(most: number, least = 0) {
  return z.string().superRefine((value, context) => checkLength(value, most, least, context));
}

/** A text whose leading and trailing whitespace is removed before it is counted (Discord: Embed Limits). */
export function trimmedText(most: number, least = 0) {
  return z
    .string()
    .trim()
    .superRefine((value, context) => checkLength(value, most, least, context));
}

function checkLength(value: string, most: number, least: number, context: z.RefinementCtx): void {
  const length = codePoints(value);
  if (length > most) context.addIssue(fault('BASE_TYPE_MAX_LENGTH', `Must be ${most} or fewer in length.`));
  if (length >= least) return;
  if (least <= 1) context.addIssue(fault('BASE_TYPE_REQUIRED', 'This field is required'));
  else context.addIssue(fault('BASE_TYPE_MIN_LENGTH', `Must be ${least} or more in length.`));
}

/** A URL with one of these schemes; any other is refused with Discord's message. */
export function address(schemes: readonly string[], most = 2048) {
  return text(most).superRefine((value, context) => {
    const url = URL.parse(value);
    const scheme = url?.protocol.slice(0, -1) ?? '';
    if (!url) context.addIssue(fault('URL_TYPE_INVALID_URL', 'Not a well formed URL.'));
    else if (!schemes.includes(scheme)) {
      const known = schemes.map((name) => `'${name}'`).join(', ');
      const message = `Scheme "${scheme}" is not supported. Scheme must be one of (${known}).`;
      context.addIssue(fault('URL_TYPE_INVALID_SCHEME', message));
    }
  });
}
