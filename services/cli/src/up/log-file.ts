import { createWriteStream, renameSync, statSync, type WriteStream } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';

const defaultMaxBytes = 20 * 1024 * 1024;

/** Path of a process's log. */
export const logFile = (folder: string, name: string): string => path.join(folder, `${name}.log`);

/**
 * Appends to a process's log. One that has grown past 20 MiB is rotated, replacing the one rotated before: even while
 * the process runs, since some of its content comes from bots, and the disk is shared.
 */
export function openLog(folder: string, name: string, maxBytes = defaultMaxBytes): Writable {
  const file = logFile(folder, name);
  let written = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  let current = append(file);
  const turnOver = (): void => {
    const full = current;
    renameSync(file, `${file}.old`);
    current = append(file);
    written = 0;
    // Its pending writes go to the file under its new name.
    full.end();
  };
  const log = new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        if (written > maxBytes) turnOver();
        else if (current.destroyed) current = append(file);
      } catch {
        // If it cannot be rotated, it continues in the same file.
        written = 0;
      }
      written += chunk.length;
      // A full disk must not stop the platform; what a log cannot take is lost.
      current.write(chunk, () => done());
    },
    final(done) {
      current.end(done);
    },
  });
  log.on('error', () => undefined);
  return log;
}

function append(file: string): WriteStream {
  const stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
  stream.on('error', () => undefined);
  return stream;
}
