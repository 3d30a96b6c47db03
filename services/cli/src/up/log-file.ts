import { createWriteStream, renameSync, statSync, type WriteStream } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';

const defaultMaxBytes = 20 * 1024 * 1024;

/** Where a process's log lies. */
export const logFile = (folder: string, name: string): string => path.join(folder, `${name}.log`);

/**
 * Appends to a process's log. One that has grown past 20 MiB is put aside, and the one that was put aside before goes:
 * also while it runs, since what is in it comes in part from bots, and the disk is everybody's.
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
    // What it has still to write goes to the file under its new name.
    full.end();
  };
  const log = new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        if (written > maxBytes) turnOver();
        else if (current.destroyed) current = append(file);
      } catch {
        // Without a way to put it aside it goes on in the same file.
        written = 0;
      }
      written += chunk.length;
      // A full disk must not end the platform; what a log cannot take is lost.
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
