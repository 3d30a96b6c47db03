import { readFile } from 'node:fs/promises';
import { callerFault, type BailiwickError } from '#infra/kernel/errors.ts';
import { fileFault } from './plain-error.ts';

/** @throws BailiwickError cli.file */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/** For a file that the user named: read errors do not name it themselves. */
export function unreadable(file: string, cause: unknown): BailiwickError {
  const known = cause instanceof Error && fileFault(Object.assign(cause, { path: file }));
  return known || callerFault('cli.file', `${file} cannot be read: check that it is a file, and what is in it.`);
}
