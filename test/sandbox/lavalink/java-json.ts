import { z } from 'zod';
import { parseLossless, stringifyLossless } from '../lossless-json.ts';

/** Java's Long.MAX_VALUE, which lavaplayer uses for an unknown length, as close as a double comes. */
export const longMaxValue = 2 ** 63;

const allDigits = 2n ** 63n - 1n;

/** JSON as Lavalink writes it: with all digits of a Long that a double rounds up, and of those that a client sent. */
export function javaJson(value: unknown): string {
  return stringifyLossless(value, (inner) => (inner === longMaxValue ? allDigits : inner));
}

/** JSON as Lavalink reads it; what a client only wants stored, such as the ids in its userData, loses no digit. */
export const parseJavaJson = parseLossless;

/** A Java Long that is a time: beyond 2^53 as close as a double comes. */
export const long = z.union([z.int(), z.bigint().max(allDigits)]).transform(Number);
