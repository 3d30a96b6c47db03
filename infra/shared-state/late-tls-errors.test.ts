import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ignoreLateTlsErrors } from './late-tls-errors.ts';

let nobody: net.Server;
const connect = () => tls.connect({ port: (nobody.address() as net.AddressInfo).port, host: '127.0.0.1' });

beforeAll(async () => {
  nobody = net.createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(nobody, 'listening');
  ignoreLateTlsErrors();
});
afterAll(() => void nobody.close());

test('a connection that has failed may report another error', async () => {
  const socket = connect();
  const [error] = (await once(socket, 'error')) as [Error];
  expect(error.message).toMatch(/disconnected before secure TLS connection/);
  expect(() => socket.emit('error', new Error('decode error'))).not.toThrow();
});

test('the first error is still thrown if nobody listens', () => {
  const socket = connect();
  const error = new Error('nobody listens');
  expect(() => socket.emit('error', error)).toThrow(error);
  socket.destroy();
});
