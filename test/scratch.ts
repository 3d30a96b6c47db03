import { constants } from 'node:fs';
import { access, mkdtemp, readdir, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const inMemory = '/dev/shm';
/** About ten times what the databases of a test run take. */
const roomBytes = 2 * 1024 ** 3;
const forgottenMs = 24 * 60 * 60_000;

/**
 * A folder for a database that is deleted after the test: in memory if there is room (Linux), since a fresh database is
 * a few hundred files, which take ten times as long on disk. The caller removes it.
 */
export async function scratchFolder(name: string): Promise<string> {
  return mkdtemp(path.join((await hasRoom()) ? inMemory : tmpdir(), `bailiwick-${name}-`));
}

async function hasRoom(): Promise<boolean> {
  try {
    await access(inMemory, constants.W_OK);
    const { bavail, bsize } = await statfs(inMemory);
    return bavail * bsize > roomBytes;
  } catch {
    return false;
  }
}

/** Removes what killed runs have left in memory. */
export async function removeForgotten(): Promise<void> {
  for (const entry of await readdir(inMemory).catch(() => [])) {
    if (!entry.startsWith('bailiwick-')) continue;
    const folder = path.join(inMemory, entry);
    const facts = await stat(folder).catch(() => undefined);
    if (facts && Date.now() - facts.mtimeMs > forgottenMs) await rm(folder, { recursive: true, force: true });
  }
}
