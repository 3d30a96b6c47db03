import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isReadableByAll } from '#infra/kernel/file-rights.ts';
import { prepareBotImage } from './bot-image.ts';

let home: string;
let copies: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'bailiwick-home-'));
  copies = await mkdtemp(path.join(tmpdir(), 'bailiwick-copies-'));
  await chmod(copies, 0o755);
});
afterEach(async () => {
  await rm(home, { recursive: true, force: true });
  await rm(copies, { recursive: true, force: true });
});

async function bundleIn(folder: string, source = 'the bot'): Promise<string> {
  const file = path.join(folder, 'bundle.mjs');
  await writeFile(file, source, { mode: 0o644 });
  return file;
}

describe('what bots are started from', () => {
  test('is used in place where everybody can read it', async () => {
    await chmod(home, 0o755);
    const bundleFile = await bundleIn(home);
    const image = await prepareBotImage({ bundleFile, copiesIn: copies, ownUser: true });
    expect(image.bundleFile).toBe(bundleFile);
  });

  test('is copied out of a closed home, readable by all, writable by nobody else, and used again', async () => {
    const bundleFile = await bundleIn(home);
    const image = await prepareBotImage({ bundleFile, copiesIn: copies, ownUser: true });
    expect(image.bundleFile.startsWith(copies)).toBe(true);
    expect(await readFile(image.bundleFile, 'utf8')).toBe('the bot');
    expect(await isReadableByAll(image.nodeFile)).toBe(true);
    expect((await stat(path.dirname(image.bundleFile))).mode & 0o022).toBe(0);
    expect(await prepareBotImage({ bundleFile, copiesIn: copies, ownUser: true })).toEqual(image);
    await writeFile(bundleFile, 'another bot');
    const next = await prepareBotImage({ bundleFile, copiesIn: copies, ownUser: true });
    expect(await readFile(next.bundleFile, 'utf8')).toBe('another bot');
  });

  test('is used in place where bots have no user of their own', async () => {
    const bundleFile = await bundleIn(home);
    expect((await prepareBotImage({ bundleFile, copiesIn: copies, ownUser: false })).bundleFile).toBe(bundleFile);
  });

  test('is refused when somebody put something else in its place', async () => {
    const bundleFile = await bundleIn(home);
    const image = await prepareBotImage({ bundleFile, copiesIn: copies, ownUser: true });
    const folder = path.dirname(image.bundleFile);
    await rm(folder, { recursive: true });
    await symlink(home, folder);
    await expect(prepareBotImage({ bundleFile, copiesIn: copies, ownUser: true })).rejects.toMatchObject({
      code: 'supervisor.image-taken',
    });
  });
});
