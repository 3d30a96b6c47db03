// @module-tag redis
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { connectRedis } from '#infra/shared-state/redis-connection.ts';
import { createAuthority } from '#test/authority.ts';
import { RedisServer } from './redis-server.ts';

test('a process survives that it gives up a connection, at any moment, to a server that it does not trust', async () => {
  await using redis = await RedisServer.start('untrusted.example');
  const trustPem = (await createAuthority()).certPem;
  const thrown: unknown[] = [];
  const note = (error: unknown) => void thrown.push(error);
  process.on('uncaughtExceptionMonitor', note);
  try {
    for (let times = 0; times < 400; times += 1) {
      const client = connectRedis({ ...redis.settings, trustPem });
      client.on('error', () => undefined);
      // A handshake takes a few milliseconds.
      await delay(Math.random() * 12);
      client.disconnect();
    }
    await delay(500);
  } finally {
    process.off('uncaughtExceptionMonitor', note);
  }
  expect(thrown).toEqual([]);
});
