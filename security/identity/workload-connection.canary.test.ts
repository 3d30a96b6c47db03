import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildConnector, Pool } from 'undici';
import { expect, test } from 'vitest';

test('undici writes by the `write` of the socket that its connector gives', async () => {
  const server = createServer((_request, response) => void response.end('fine')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connector = buildConnector({});
  let writes = 0;
  const pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    connect: (target, connected) =>
      connector(target, (...result) => {
        const [, socket] = result;
        if (socket) {
          const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
          socket.write = (...args: unknown[]): boolean => {
            writes += 1;
            return write(...args);
          };
        }
        connected(...result);
      }),
  });
  const { body } = await pool.request({ method: 'GET', path: '/' });
  await body.text();
  await pool.destroy();
  server.close();
  expect(
    writes,
    'undici does not write by `socket.write`: security/identity/workload-connection.ts no longer gathers what is written in one turn',
  ).toBeGreaterThan(0);
});
