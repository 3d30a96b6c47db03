import process from 'node:process';
import { Help } from 'commander';

/** Writes one JSON value to stdout, for scripts. */
export const print = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
};

/** Writes a line for people to stdout. */
export const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** Wraps text that starts at this column to the width of the terminal; in a file or pipe, lines stay whole. */
export function fitted(text: string, column: number): string {
  if (!process.stdout.isTTY) return text;
  const lines = new Help().boxWrap(text, Math.max(process.stdout.columns - column, leastWidth));
  return lines.replaceAll('\n', `\n${' '.repeat(column)}`);
}

/** In anything narrower, the terminal wraps. */
const leastWidth = 30;

/**
 * The same value with every text in it made safe to display: text written by others must not control a terminal, nor
 * change the direction of the text beside it.
 */
export function harmless<Value>(value: Value): Value;
export function harmless(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(steering, '\u{fffd}');
  if (Array.isArray(value)) return value.map((each: unknown) => harmless(each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [harmless(name), harmless(each as unknown)]));
}

const steering = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
