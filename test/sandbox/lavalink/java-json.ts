import { z } from 'zod';
import { parseLossless, stringifyLossless } from '../lossless-json.ts';

/** Java's Long.MAX_VALUE, lavaplayer's value for an unknown length, as close as a double gets. */
export const longMaxValue = 2 ** 63;

const allDigits = 2n ** 63n - 1n;

/**
 * JSON as Lavalink writes it: preserves every digit of Longs that a double would round, and of numbers that a client
 * sent.
 */
export function javaJson(value: unknown): string {
  return stringifyLossless(value, (inner) => (inner === longMaxValue ? allDigits : inner));
}

/** JSON as Lavalink reads it: values that are only stored, such as the ids in a client's userData, lose no digit. */
export const parseJavaJson = parseLossless;

/** A Java Long that is a time: beyond 2^53 as close as a double gets. */
export const long = z.union([z.int(), z.bigint().max(allDigits)]).transform(Number);
