import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { ServerResponse } from '#infra/http/plain-http.ts';

const relied = (what: string) => `${what}: gateway-proxy/proxy/relay/upgrade.ts answers upgrades that way`;

/** What a client receives that asks for an upgrade, until the connection ends. */
async function received(answer: (response: ServerResponse, socket: Socket) => void): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  server.on('upgrade', (request, socket) => {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Socket);
    answer(response, socket as Socket);
  });
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let text = '';
  client.setEncoding('utf8').on('data', (part: string) => (text += part));
  client.write('GET / HTTP/1.1\r\nhost: here\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
  await once(client, 'close');
  server.close();
  return text;
}

test('Node lets a response be written to the socket of an upgrade, and takes it off again', async () => {
  const refused = await received((response, socket) => {
    response.once('finish', () => socket.end());
    response.writeHead(403, ['x-one', '1']).end('no');
  });
  expect(refused, relied("Node's ServerResponse does not write to an assigned socket")).toMatch(
    /^HTTP\/1\.1 403 Forbidden\r\nx-one: 1\r\n[^]*no/,
  );
  const joined = await received((response, socket) => {
    response.detachSocket(socket);
    socket.end('raw');
  });
  expect(joined, relied("Node's ServerResponse does not let go of a detached socket")).toBe('raw');
});
