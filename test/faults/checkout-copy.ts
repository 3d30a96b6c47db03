import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { root } from '#test/integration/start-attempt.ts';

const execute = promisify(execFile);

/** Uses hard links if the file system allows: a copy that costs nothing. */
export async function copyCheckout(to: string): Promise<void> {
  const leftOut = new Set(['.git', '.bailiwick', '.vitest', 'coverage']);
  const entries = (await readdir(root)).filter((name) => !leftOut.has(name)).map((name) => path.join(root, name));
  await execute('mkdir', ['-m', '0755', to]);
  await execute('cp', ['-al', ...entries, to]).catch(() => execute('cp', ['-a', '--reflink=auto', ...entries, to]));
}

/** Path of this run's Node in the copy, or its own path if it is not part of the checkout. */
export function nodeOf(checkout: string): string {
  const within = path.relative(root, process.execPath);
  return within.startsWith('..') ? process.execPath : path.join(checkout, within);
}
