import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { BailiwickError, callerFault } from '#infra/kernel/errors.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { Changes, followedState } from './followed-state.ts';

let app: FastifyInstance;
let clock: FakeClock;
let changes: Changes<string>;
let state: { n: number } | undefined;
let readings: number;
const readers: Socket[] = [];
const soon = { timeout: 10_000, interval: 5 };

beforeEach(async () => {
  [clock, changes, state, readings] = [new FakeClock(), new Changes(), { n: 1 }, 0];
  app = fastify({ forceCloseConnections: true });
  app.get('/:key', (request, reply) => {
    const { key } = request.params as { key: string };
    const read = () => {
      readings += 1;
      return state ? Promise.resolve(state) : Promise.reject(callerFault('test.gone', 'It is gone.', 404));
    };
    return followedState(reply, { changes, key, read, clock, logger: silentLogger(), mostFollowers: 2 });
  });
  app.setErrorHandler((error, _request, reply) =>
    reply.code(error instanceof BailiwickError ? error.status : 500).send(),
  );
  await app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.destroy();
  await app.close();
});

/** What one follower has received so far. */
async function follow(key = 'a') {
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  readers.push(socket);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => undefined);
  socket.write(`GET /${key} HTTP/1.1\r\nhost: here\r\n\r\n`);
  await expect.poll(() => text, soon).toContain('\r\n\r\n');
  return {
    socket,
    status: () => Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1]),
    told: () => [...text.matchAll(/\{"n":(\d+)\}/g)].map(([, n]) => Number(n)),
  };
}

describe('a followed state', () => {
  it('is told as it is, then whenever it is another one, and not when it is the same', async () => {
    const follower = await follow();
    await expect.poll(follower.told, soon).toEqual([1]);
    clock.advance(100);
    changes.tell('a');
    changes.tell('b');
    expect(readings).toBe(2);
    state = { n: 2 };
    changes.tell('a');
    await expect.poll(() => (clock.advance(100), follower.told()), soon).toEqual([1, 2]);
    expect(readings).toBe(3);
  });

  it('is read at its pace, however much changes, and the last state is never missed', async () => {
    const follower = await follow();
    for (let n = 2; n <= 50; n += 1) {
      state = { n };
      changes.tell('a');
    }
    expect(readings).toBe(1);
    clock.advance(100);
    await expect.poll(follower.told, soon).toEqual([1, 50]);
    expect(readings).toBe(2);
  });

  it('is not read any more for whoever has gone, and takes no more followers than it may', async () => {
    const [first] = [await follow(), await follow()];
    expect((await follow()).status()).toBe(429);
    expect((await follow('b')).status()).toBe(200);
    first.socket.destroy();
    await expect.poll(() => changes.count('a'), soon).toBe(1);
    expect((await follow()).status()).toBe(200);
  });

  it('ends when it cannot be read any more, and begins with the refusal where it never could', async () => {
    const follower = await follow();
    await expect.poll(follower.told, soon).toEqual([1]);
    clock.advance(100);
    state = undefined;
    const closed = once(follower.socket, 'data');
    changes.tell('a');
    await closed;
    await expect.poll(() => changes.count('a'), soon).toBe(0);
    expect((await follow()).status()).toBe(404);
    expect(changes.count('a')).toBe(0);
  });
});
