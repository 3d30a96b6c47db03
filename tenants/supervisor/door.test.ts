import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Turns } from '#infra/http/addresses.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import type { ToBot } from '#tenants/instance-protocol/door.ts';
import { createDoor } from './door.ts';

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

const nobody = { host: '127.0.0.1', port: 1 };

async function listening() {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => void server.close());
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, count: () => connections };
}

/** Asks for a door, and waits for what the bot gets. */
function doorTo(addresses: readonly { host: string; port: number }[]) {
  const sent: { message: ToBot; socket: Socket | undefined }[] = [];
  const door = createDoor({
    spiffeId: 'spiffe://test/tenant/ten_1/bot',
    lease: 1,
    vouching: {
      certificate: () => Promise.reject(new Error('not asked for')),
      callToken: () => Promise.reject(new Error('not asked for')),
    },
    proxies: new Turns(addresses),
    send: (message, socket) => void sent.push({ message, socket }),
    logger: silentLogger(),
    clock: systemClock,
  });
  stack.defer(() => door.close());
  stack.defer(() => sent.forEach(({ socket }) => socket?.destroy()));
  return async (id: number) => {
    door.asked({ type: 'door', id });
    await expect.poll(() => sent.find(({ message }) => 'id' in message && message.id === id)).toBeDefined();
    return sent.find(({ message }) => 'id' in message && message.id === id);
  };
}

test('a door leads to a proxy that can be reached, whichever is gone', async () => {
  const proxy = await listening();
  const open = doorTo([nobody, proxy]);
  for (const id of [1, 2, 3, 4]) {
    const answer = await open(id);
    expect(answer?.message).toEqual({ type: 'door', id });
    expect(answer?.socket?.remotePort).toBe(proxy.port);
  }
});

test('doors are spread over the proxies that can be reached', async () => {
  const [one, other] = [await listening(), await listening()];
  const open = doorTo([one, other]);
  for (const id of [1, 2, 3, 4]) await open(id);
  await expect.poll(() => [one.count(), other.count()]).toEqual([2, 2]);
});

test('without any proxy, the bot is told so once', async () => {
  const answer = await doorTo([nobody, { ...nobody, port: 2 }])(1);
  expect(answer?.message).toEqual({ type: 'door', id: 1, refused: 'gateway-proxy cannot be reached' });
});
