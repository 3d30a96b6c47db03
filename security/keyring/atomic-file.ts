import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { hasCode } from '#infra/kernel/errors.ts';

const fileMode = 0o600;
const folderMode = 0o700;

/** Creates a file that only we can read; false if one by that name exists, which is then left unchanged. */
export async function createFile(file: string, content: Uint8Array): Promise<boolean> {
  await mkdir(path.dirname(file), { recursive: true, mode: folderMode });
  return withTemporary(file, content, async (temporary) => {
    try {
      await link(temporary, file);
      return true;
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return false;
      throw error;
    }
  });
}

/** Replaces a file: after a crash there is the old content or the new one, never a part of it. */
export async function replaceFile(file: string, content: Uint8Array): Promise<void> {
  await withTemporary(file, content, (temporary) => rename(temporary, file));
}

async function withTemporary<Result>(
  file: string,
  content: Uint8Array,
  location: (temporary: string) => Promise<Result>,
): Promise<Result> {
  const temporary = `${file}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', fileMode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const result = await location(temporary);
    await syncFolder(path.dirname(file));
    return result;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Overwrites a file's bytes in place, then removes it; does nothing if it does not exist. */
export async function destroyFile(file: string): Promise<void> {
  try {
    const handle = await open(file, 'r+');
    try {
      const { size } = await handle.stat();
      await handle.write(randomBytes(size), 0, size, 0);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  await rm(file, { force: true });
  await syncFolder(path.dirname(file));
}

/** A new name is durable only once its folder is; Windows has no such call, and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
