import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { logFile, openLog } from './log-file.ts';

const made: string[] = [];
afterEach(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
});
const newFolder = async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-log-'));
  made.push(folder);
  return folder;
};
const ended = async (log: ReturnType<typeof openLog>) => {
  log.end();
  await once(log, 'finish');
};

test('an endless log takes bounded disk space and keeps the latest lines', async () => {
  const folder = await newFolder();
  const log = openLog(folder, 'supervisor', 1_000);
  for (let index = 0; index < 500; index += 1) log.write(`line ${String(index).padStart(4, '0')}\n`);
  await ended(log);
  expect(await readdir(folder)).toEqual(['supervisor.log', 'supervisor.log.old']);
  for (const name of await readdir(folder)) expect((await stat(path.join(folder, name))).size).toBeLessThan(1_100);
  expect(await readFile(logFile(folder, 'supervisor'), 'utf8')).toMatch(/line 0499\n$/);
});

test('appends to the log of an earlier run', async () => {
  const folder = await newFolder();
  for (const text of ['first\n', 'second\n']) {
    const log = openLog(folder, 'api');
    log.write(text);
    await ended(log);
  }
  expect(await readFile(logFile(folder, 'api'), 'utf8')).toBe('first\nsecond\n');
});
