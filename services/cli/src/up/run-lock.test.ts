import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { scratchFolder } from '#test/scratch.ts';
import { openDataFolder, dataPathsIn, type DataPaths } from './data-folder.ts';
import { readRun } from './run-lock.ts';

let stack: AsyncDisposableStack;
let dataPaths: DataPaths;
const facts = { ports: 21_000, live: false };

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  const root = await scratchFolder('lock');
  stack.defer(() => rm(root, { recursive: true, force: true }));
  dataPaths = dataPathsIn(path.join(root, 'data'));
});
afterEach(() => stack.disposeAsync());

const opened = () => openDataFolder(dataPaths.path, facts);

async function databaseRan(): Promise<void> {
  await mkdir(path.dirname(dataPaths.databaseRun), { recursive: true });
  await writeFile(dataPaths.databaseRun, '');
}

describe('while a run has the folder', () => {
  const damages: readonly (readonly [string, () => Promise<void>])[] = [
    ['unchanged', async () => undefined],
    ['emptied', () => truncate(dataPaths.lock)],
    ['truncated', () => truncate(dataPaths.lock, 9)],
    ['overwritten with garbage', () => writeFile(dataPaths.lock, '\u0000\u0001 nothing of ours')],
    ['of an earlier run', () => writeFile(dataPaths.lock, JSON.stringify({ pid: 999_999, started: '1' }))],
    // Then it is the database's file that says that a run may be going on.
    ['removed', async () => (await databaseRan(), rm(dataPaths.lock))],
  ];
  test.each(damages)('nobody else gets it, with its lock %s', { tags: 'linux' }, async (_name, damage) => {
    stack.use(await opened());
    await damage();
    expect(await readRun(dataPaths)).toMatchObject({ pid: process.pid, alive: true });
    await expect(opened()).rejects.toMatchObject({
      code: 'up.running',
      message: expect.stringContaining(`(process ${process.pid})`),
    });
  });
});

describe('when nothing runs', () => {
  test('a folder that was left cleanly opens, again and again', async () => {
    for (let time = 0; time < 2; time += 1) {
      await using folder = await opened();
      expect(folder.uncleanStop).toBe(false);
    }
    expect(await readRun(dataPaths)).toBeUndefined();
  });

  test.each([
    ['of a run that has ended', () => writeFile(dataPaths.lock, JSON.stringify({ pid: 999_999, started: '1' }))],
    ['that is empty', () => writeFile(dataPaths.lock, '')],
    ['that is missing while its database has left a file', () => databaseRan()],
  ])('a lock %s is replaced, and the stop is known to be unclean', async (_name, leave) => {
    await (await opened())[Symbol.asyncDispose]();
    await leave();
    expect(await readRun(dataPaths)).toMatchObject({ alive: false });
    await using folder = await opened();
    expect(folder.uncleanStop).toBe(true);
    expect(await readRun(dataPaths)).toMatchObject({ pid: process.pid, alive: true, damaged: false, ports: 21_000 });
  });
});
