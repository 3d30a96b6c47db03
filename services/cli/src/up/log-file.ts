import { createWriteStream, renameSync, statSync, type WriteStream } from 'node:fs';
import path from 'node:path';

const maxBytes = 20 * 1024 * 1024;

/** Where a process's log lies. */
export const logFile = (folder: string, name: string): string => path.join(folder, `${name}.log`);

/** Appends to a process's log; one that has grown past 20 MiB is put aside at the next start, and the one before it goes. */
export function openLog(folder: string, name: string): WriteStream {
  const file = logFile(folder, name);
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > maxBytes) renameSync(file, `${file}.old`);
  const log = createWriteStream(file, { flags: 'a', mode: 0o600 });
  // A full disk must not end the platform; what a log cannot take is lost.
  log.on('error', () => undefined);
  return log;
}
