import process from 'node:process';
import { Help } from 'commander';

/** One JSON value on stdout: what scripts read. */
export const print = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
};

/** A line for people on stdout. */
export const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** Text that begins at this column, broken at words to fit a terminal; in a file or pipe a line stays a line. */
export function fitted(text: string, column: number): string {
  if (!process.stdout.isTTY) return text;
  const lines = new Help().boxWrap(text, Math.max(process.stdout.columns - column, leastWidth));
  return lines.replaceAll('\n', `\n${' '.repeat(column)}`);
}

/** Below that, the terminal itself breaks. */
const leastWidth = 30;

/**
 * The same value with every text in it such that it may be shown: what others wrote may not steer a terminal, nor turn
 * the direction of what stands beside it.
 */
export function harmless<Value>(value: Value): Value;
export function harmless(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(steering, '\u{fffd}');
  if (Array.isArray(value)) return value.map((each: unknown) => harmless(each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [harmless(name), harmless(each as unknown)]));
}

const steering = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
