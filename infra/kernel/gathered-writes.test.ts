import { once } from 'node:events';
import { connect, createServer, Socket, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { gather } from './gathered-writes.ts';

const server = createServer();
let socket: Socket;
let peer: Socket;
let arrived = '';

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  [[peer]] = (await Promise.all([once(server, 'connection'), once(socket, 'connect')])) as [[Socket], unknown];
  peer.on('data', (chunk) => void (arrived += String(chunk)));
  gather(socket);
});
afterAll(() => {
  for (const each of [socket, peer]) each.destroy();
  server.close();
});
afterEach(() => vi.restoreAllMocks());

const turnOver = () => new Promise((resolve) => setImmediate(resolve));
const calls = () => {
  const sent = ['_write', '_writev'].map((name) => vi.spyOn(socket, name as '_write'));
  return () => sent.reduce((sum, { mock }) => sum + mock.calls.length, 0);
};
/** What has arrived since the last call, once it is so many bytes. */
async function received(bytes: number): Promise<string> {
  await expect.poll(() => arrived.length).toBe(bytes);
  const text = arrived;
  arrived = '';
  return text;
}

test('what is written in one turn of the event loop is sent together', async () => {
  const sent = calls();
  for (const word of ['one ', 'turn ', 'only']) socket.write(word);
  expect(sent()).toBe(0);
  await turnOver();
  expect([sent(), await received(13)]).toEqual([1, 'one turn only']);
});

test('what is large is sent before the turn is over, and what follows it together again', async () => {
  const sent = calls();
  const large = 'x'.repeat(10 * 1024);
  for (const part of [large, large]) socket.write(part);
  expect(sent()).toBe(1);
  await turnOver();
  for (const word of ['a', 'b']) socket.write(word);
  expect(sent()).toBe(1);
  await turnOver();
  expect(await received(2 * large.length + 2)).toBe(`${large}${large}ab`);
  expect(sent()).toBe(2);
});
