import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startTestProxy, type TestProxy } from '../proxy.fixture.ts';

const slots = 8;
const perVisitor = 4;
/** More than the kernel buffers for a connection. */
const large = Buffer.alloc(48 * 1024 * 1024, 'x');
const soon = { timeout: 15_000, interval: 400 };

let harness: TestProxy;
const sockets: Socket[] = [];

beforeAll(async () => {
  harness = await startTestProxy({
    services: {
      api: (app) => {
        const config = { action: 'api.public' } as const;
        app.get('/', { config }, async () => 'the page');
        app.get('/v1/large', { config }, async () => large);
        app.post('/v1/tenants', { config }, async () => 'created');
      },
    },
    // The trusted proxy in front states the client's address.
    trustedProxies: ['loopback'],
    limits: { publicInFlight: slots, inFlightPerTenant: perVisitor, publicAddress: { perSec: 0.01, burst: 40 } },
  });
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(() => harness?.[Symbol.asyncDispose]());

async function send(from: string, head: string): Promise<Socket> {
  const socket = connect(harness.proxy.publicPort, '127.0.0.1');
  sockets.push(socket.on('error', () => undefined));
  await once(socket, 'connect');
  socket.write(`${head}\r\nhost: here\r\nx-forwarded-for: ${from}\r\n`);
  return socket;
}
const slowBody = async (from: string) => {
  const socket = await send(from, 'POST /v1/tenants HTTP/1.1');
  socket.write('content-type: application/json\r\ncontent-length: 1000\r\n\r\n{');
  return socket.resume();
};
const slowReader = async (from: string) => {
  const socket = await send(from, 'GET /v1/large HTTP/1.1');
  socket.pause().write('\r\n');
  return socket;
};
const ask = (from: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${harness.proxy.publicPort}/`, { ...init, headers: { 'x-forwarded-for': from } });
const page = async (from: string) => (await ask(from)).status;

it.each([
  ['send a byte of a body and wait', slowBody, '192.0.2'],
  ['ask for much and read nothing', slowReader, '198.51.100'],
])('gives a place to whoever asks, however many %s', async (_what, hold, net) => {
  const held: Socket[] = [];
  for (let index = 0; index < slots; index += 1) held.push(await hold(`${net}.${index % 4}`));
  await expect.poll(() => page(`${net}.100`), soon).toBe(200);
  // Each later request replaces one that waits, and those that keep waiting are disconnected.
  expect(await page(`${net}.101`)).toBe(200);
  expect(held.filter(({ destroyed }) => destroyed).length).toBeLessThan(slots);
});

it('gives one visitor no more than a share of the slots', async () => {
  const told: string[] = [];
  for (let index = 0; index <= perVisitor; index += 1)
    (await slowBody('203.0.113.1')).on('data', (chunk: Buffer) => told.push(chunk.toString()));
  await expect.poll(() => told.join(''), soon).toMatch(/^HTTP\/1.1 429/);
  expect(told.join('').match(/HTTP\/1.1/g)).toHaveLength(1);
  expect(told.join('')).toContain(`ratelimit-policy: "in-flight";q=${perVisitor};qu="concurrent-requests"`);
  expect(await page('203.0.113.2')).toBe(200);
});

it('counts all addresses of one /64 as one visitor, and those of another as another', async () => {
  const statuses: number[] = [];
  for (let index = 0; index < 45; index += 1) statuses.push(await page(`2001:db8:1:2:${index.toString(16)}::1`));
  expect(statuses.filter((status) => status === 200)).toHaveLength(40);
  expect(statuses.at(-1)).toBe(429);
  expect(await page('2001:db8:1:3::1')).toBe(200);
});

it('closes in time although connections to both listeners say nothing', async () => {
  const other = await startTestProxy();
  const { proxy } = other;
  for (const port of [proxy.port, proxy.publicPort]) {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket.on('error', () => undefined).resume());
    await once(socket, 'connect');
  }
  // Before a TLS handshake has lasted too long, which would end it, too.
  const isClosed = await Promise.race([
    proxy[Symbol.asyncDispose]().then(() => true),
    delay(4_000, false, { ref: false }),
  ]);
  expect(isClosed).toBe(true);
  await other[Symbol.asyncDispose]();
});
