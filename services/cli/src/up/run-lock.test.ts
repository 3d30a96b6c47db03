import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { scratchFolder } from '#test/scratch.ts';
import { openDataFolder, placesIn, type Places } from './data-folder.ts';
import { readRun } from './run-lock.ts';

let stack: AsyncDisposableStack;
let places: Places;
const facts = { ports: 21_000, live: false };

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  const root = await scratchFolder('lock');
  stack.defer(() => rm(root, { recursive: true, force: true }));
  places = placesIn(path.join(root, 'data'));
});
afterEach(() => stack.disposeAsync());

const opened = () => openDataFolder(places.path, facts);

async function databaseRan(): Promise<void> {
  await mkdir(path.dirname(places.databaseRun), { recursive: true });
  await writeFile(places.databaseRun, '');
}

describe('while a run has the folder', () => {
  const damages: readonly (readonly [string, () => Promise<void>])[] = [
    ['as it was left', async () => undefined],
    ['emptied', () => truncate(places.lock)],
    ['cut short', () => truncate(places.lock, 9)],
    ['overwritten with anything', () => writeFile(places.lock, '\u0000\u0001 nothing of ours')],
    ['of a run before it', () => writeFile(places.lock, JSON.stringify({ pid: 999_999, started: '1' }))],
    // Then it is its database that says that somebody may run.
    ['removed', async () => (await databaseRan(), rm(places.lock))],
  ];
  test.each(damages)('nobody else gets it, its lock %s', { tags: 'linux' }, async (_name, damage) => {
    stack.use(await opened());
    await damage();
    expect(await readRun(places)).toMatchObject({ pid: process.pid, alive: true });
    await expect(opened()).rejects.toMatchObject({
      code: 'up.running',
      message: expect.stringContaining(`(process ${process.pid})`),
    });
  });
});

describe('when nothing runs', () => {
  test('a folder that was left as it should be opens, again and again', async () => {
    for (let time = 0; time < 2; time += 1) {
      await using folder = await opened();
      expect(folder.uncleanStop).toBe(false);
    }
    expect(await readRun(places)).toBeUndefined();
  });

  test.each([
    ['of a run that is gone', () => writeFile(places.lock, JSON.stringify({ pid: 999_999, started: '1' }))],
    ['that is empty', () => writeFile(places.lock, '')],
    ['that is gone, while its database has left a file', () => databaseRan()],
  ])('a lock %s is replaced, and the stop is known to be unclean', async (_name, leave) => {
    await (await opened())[Symbol.asyncDispose]();
    await leave();
    expect(await readRun(places)).toMatchObject({ alive: false });
    await using folder = await opened();
    expect(folder.uncleanStop).toBe(true);
    expect(await readRun(places)).toMatchObject({ pid: process.pid, alive: true, damaged: false, ports: 21_000 });
  });
});
