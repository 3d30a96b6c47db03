import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { hasCode } from '#infra/kernel/errors.ts';

const run = promisify(execFile);
const sizeMiB = 1_024;

/** A separate file system that can be filled to the last byte. Linux and root only, since it is mounted. */
export interface Disk extends AsyncDisposable {
  readonly folder: string;
  fill(): Promise<void>;
  empty(): Promise<void>;
}

export async function mountDisk(): Promise<Disk> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-disk-'));
  await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m,mode=0755`, 'tmpfs', folder]);
  const ballast = path.join(folder, 'ballast');
  return {
    folder: path.join(folder, 'data'),
    async fill() {
      await using file = await open(ballast, 'w');
      for (let piece = 1 << 20; piece >= 4_096;) {
        try {
          await file.write(Buffer.alloc(piece));
        } catch (error) {
          if (!hasCode(error, 'ENOSPC')) throw error;
          piece /= 16;
        }
      }
    },
    empty: () => rm(ballast, { force: true }),
    async [Symbol.asyncDispose]() {
      await run('umount', ['-l', folder]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
