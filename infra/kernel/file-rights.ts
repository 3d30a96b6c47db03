import { constants } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';

/** Whether every user may pass through this folder and each one above it. */
export async function isEnterable(folder: string): Promise<boolean> {
  for (let at = folder; ; at = path.dirname(at)) {
    if (!((await stat(at)).mode & constants.S_IXOTH)) return false;
    if (at === path.dirname(at)) return true;
  }
}

/** Whether every user may read the file, where it is. */
export const isReadableByAll = async (file: string): Promise<boolean> =>
  Boolean((await stat(file)).mode & constants.S_IROTH) && isEnterable(path.dirname(file));

/** A folder, not a link, of this user, that nobody else may write: what lies in it may be run. */
export async function isOwnFolder(folder: string): Promise<boolean> {
  try {
    const facts = await lstat(folder);
    return facts.isDirectory() && facts.uid === process.getuid?.() && (facts.mode & 0o022) === 0;
  } catch {
    return false;
  }
}
