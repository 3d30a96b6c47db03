import { constants } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';

/** Whether all users may traverse this folder and each one above it. */
export async function isEnterable(folder: string): Promise<boolean> {
  for (let at = folder; ; at = path.dirname(at)) {
    if (!((await stat(at)).mode & constants.S_IXOTH)) return false;
    if (at === path.dirname(at)) return true;
  }
}

/** Whether all users may read the file, where it is. */
export const isReadableByAll = async (file: string): Promise<boolean> =>
  Boolean((await stat(file)).mode & constants.S_IROTH) && isEnterable(path.dirname(file));

/** Whether it is a folder, not a link, of this user, that nobody else may write: its contents may be executed. */
export async function isOwnFolder(folder: string): Promise<boolean> {
  try {
    const facts = await lstat(folder);
    return facts.isDirectory() && facts.uid === process.getuid?.() && (facts.mode & 0o022) === 0;
  } catch {
    return false;
  }
}
