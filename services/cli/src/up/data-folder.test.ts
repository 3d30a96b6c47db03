import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openDataFolder } from './data-folder.ts';

const made: string[] = [];
afterEach(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
});

const modeOf = async (folder: string) => ((await stat(folder)).mode & 0o777).toString(8);

test(
  'lets nobody else read the keyring and the logs or write code, whatever the modes were before',
  { tags: 'posix' },
  async () => {
    const root = await mkdtemp(path.join(tmpdir(), 'bailiwick-data-'));
    made.push(root);
    for (const name of ['logs', 'keyring', 'run', 'cache']) {
      await mkdir(path.join(root, name));
      await chmod(path.join(root, name), 0o777);
    }
    await using folder = await openDataFolder(root, { live: false });
    const modes = [folder.path, folder.keyring, folder.run, folder.logs, folder.cache].map(modeOf);
    expect(await Promise.all(modes)).toEqual(['711', '700', '700', '700', '755']);
  },
);
