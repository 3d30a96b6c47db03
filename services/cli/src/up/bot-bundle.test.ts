import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { botBundle } from './bot-bundle.ts';

const root = path.resolve(import.meta.dirname, '../../../..');
let folder: string;
let steps: string[];
let stack: AsyncDisposableStack;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-bundle-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  steps = [];
});
afterEach(() => stack.disposeAsync());

const bundleIn = (cacheFolder: string) => {
  const step = (what: string) => {
    steps.push(what);
    return () => undefined;
  };
  return botBundle(root, cacheFolder, { events: { step }, signal: new AbortController().signal });
};

test('is made once, and belongs to the folder that it is in, also when that was copied', async () => {
  const first = await bundleIn(folder);
  expect(path.dirname(first)).toBe(folder);
  expect(await bundleIn(folder)).toBe(first);
  expect(steps).toEqual(['bot bundle']);

  const copy = stack.adopt(`${folder}-copy`, (name) => rm(name, { recursive: true, force: true }));
  await cp(folder, copy, { recursive: true });
  // Whatever becomes of the folder that it was copied from.
  expect(await bundleIn(copy)).toBe(path.join(copy, path.basename(first)));
  expect(steps).toEqual(['bot bundle']);
});

test('is made again when the file was damaged', async () => {
  const first = await bundleIn(folder);
  const before = await readFile(first);
  await writeFile(first, 'process.exit(1);');
  expect(await bundleIn(folder)).toBe(first);
  expect(await readFile(first)).toEqual(before);
  expect(steps).toEqual(['bot bundle', 'bot bundle']);
});
