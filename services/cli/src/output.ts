import process from 'node:process';

/** One JSON value on stdout: what scripts read. */
export const print = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
};

/** A line for people on stdout. */
export const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
