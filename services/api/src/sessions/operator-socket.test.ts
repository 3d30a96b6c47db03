import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { socketAddress } from '#infra/kernel/socket-address.ts';
import { scratchFolder } from '#test/scratch.ts';
import type { OperatorSignIns } from './operator-sign-ins.ts';
import { openOperatorSocket } from './operator-socket.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function opened(issue: OperatorSignIns['issue'], below = '') {
  const folder = path.join(await scratchFolder('socket'), below);
  folders.push(folder);
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'operator.sock');
  // What a killed run has left.
  await writeFile(file, '');
  const clock = new FakeClock();
  const operatorSignIns = { issue } as OperatorSignIns;
  const ports = { operatorSignIns, publicUrl: 'https://bots.example.com', clock, logger: silentLogger() };
  const socket = await openOperatorSocket(file, ports);
  const ask = async (): Promise<unknown> => {
    await using place = await socketAddress(file);
    return JSON.parse(await text(connect(place.path)));
  };
  return { file, clock, ask, [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose]() };
}

const expiresAt = new Date(0);

test('gives a link whose code stands behind the #, to its own user alone, and leaves nothing behind', async () => {
  const socket = await opened(async () => ({ token: 'the-token', expiresAt }));
  expect((await stat(socket.file)).mode & 0o777).toBe(0o600);
  expect(await socket.ask()).toEqual({
    link: 'https://bots.example.com/sign-in#the-token',
    expiresAt: expiresAt.toISOString(),
  });
  await socket[Symbol.asyncDispose]();
  await expect(stat(socket.file)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('gives five in ten minutes', async () => {
  await using socket = await opened(async () => ({ token: 't', expiresAt }));
  for (let count = 0; count < 5; count += 1) expect(await socket.ask()).toHaveProperty('link');
  expect(await socket.ask()).toEqual({ code: 'operator.sign-in-rate', retryAfterSec: 600 });
  socket.clock.advance(10 * 60_000);
  expect(await socket.ask()).toHaveProperty('link');
});

test('says that it failed, and nothing of why', async () => {
  await using socket = await opened(async () => {
    throw new Error('password of the database');
  });
  expect(await socket.ask()).toEqual({ code: 'operator.sign-in-failed' });
});

test('works in a folder whose path is longer than a socket may have', { tags: 'linux' }, async () => {
  await using socket = await opened(async () => ({ token: 't', expiresAt }), 'long'.repeat(50));
  expect(await socket.ask()).toHaveProperty('link');
});
