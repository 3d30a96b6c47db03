import { once } from 'node:events';
import { request } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { silentLogger } from '#infra/logger/logger.ts';
import { createAuthority, type Authority } from '#test/authority.ts';
import { startHttpService, type HttpService } from './service.ts';

/** A service whose connections are in every state when it closes. */
const loopback = { host: '127.0.0.1', port: 0 };
/** Far less than a stop may take, and than a TLS handshake may. */
const closesWithinMs = 3_000;
let authority: Authority;
let server: Awaited<ReturnType<Authority['issue']>>;
let stack = new AsyncDisposableStack();

beforeAll(async () => {
  authority = await createAuthority();
  server = await authority.issue('localhost');
});
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

async function started(): Promise<HttpService> {
  const material = {
    certificatePem: server.certPem,
    privateKeyPem: server.keyPem,
    trustBundlePem: authority.certPem,
  };
  return startHttpService({
    name: 'closing',
    logger: silentLogger(),
    listen: loopback,
    ops: loopback,
    tls: { current: () => material, onRenewed: () => () => undefined },
    requireClientCertificate: false,
    register(app) {
      app.get('/', () => 'here');
      app.get('/soon', async () => {
        await delay(300);
        return 'x'.repeat(100_000);
      });
      app.get('/never', () => new Promise(() => undefined));
      app.get('/stream', (_request, reply) => {
        reply.hijack();
        reply.raw.writeHead(200, { 'content-type': 'text/event-stream' });
        reply.raw.write('data: 1\n\n');
      });
    },
  });
}

function kept<Connection extends Socket>(socket: Connection): Connection {
  socket.on('error', () => undefined);
  stack.defer(() => void socket.destroy());
  return socket;
}
async function open(port: number): Promise<TLSSocket> {
  const socket = kept(connect({ host: '127.0.0.1', port, ca: authority.certPem, servername: 'localhost' }));
  await once(socket, 'secureConnect');
  return socket;
}
async function asked(port: number, path: string): Promise<TLSSocket> {
  const socket = await open(port);
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  return socket;
}

/** @returns how long it took, in milliseconds */
async function closed(service: HttpService): Promise<number> {
  const sinceMs = performance.now();
  const isClosed = await Promise.race([
    service[Symbol.asyncDispose]().then(() => true),
    delay(closesWithinMs, false, { ref: false }),
  ]);
  expect(isClosed).toBe(true);
  return performance.now() - sinceMs;
}
const ended = (socket: Socket) => (socket.closed ? undefined : once(socket, 'close'));

test.each([
  ['TCP alone, without a TLS handshake', async (port: number) => kept(connectTcp(port, '127.0.0.1'))],
  [
    'half a TLS handshake',
    async (port: number) => {
      const socket = kept(connectTcp(port, '127.0.0.1'));
      socket.write(Buffer.from('16030100', 'hex'));
      return socket;
    },
  ],
  ['TLS, without a request', open],
  [
    'half a request',
    async (port: number) => {
      const socket = await open(port);
      socket.write('GET / HT');
      return socket;
    },
  ],
  [
    'a request that was answered (keep-alive)',
    async (port: number) => {
      const socket = await asked(port, '/');
      await once(socket, 'data');
      return socket;
    },
  ],
  ['a request that is never answered', (port: number) => asked(port, '/never')],
  [
    'a stream that its reader follows',
    async (port: number) => {
      const socket = await asked(port, '/stream');
      await once(socket, 'data');
      return socket;
    },
  ],
] as const)('a connection in this state does not keep the service from closing: %s', async (_state, connected) => {
  const service = await started();
  const socket = await connected(service.port);
  // Until it is certain that the server has accepted it.
  await delay(100);
  socket.resume();
  await closed(service);
  await ended(socket);
});

test('a request that is being answered when the service begins to close is answered wholly', async () => {
  const service = await started();
  const answer = Promise.withResolvers<{ status: number | undefined; bytes: number }>();
  const asking = request(
    { host: '127.0.0.1', port: service.port, path: '/soon', ca: authority.certPem, servername: 'localhost' },
    async (response) => {
      let bytes = 0;
      for await (const chunk of response) bytes += (chunk as Buffer).length;
      answer.resolve({ status: response.statusCode, bytes });
    },
  );
  asking.on('error', answer.reject);
  asking.end();
  await delay(100);
  await closed(service);
  expect(await answer.promise).toEqual({ status: 200, bytes: 100_000 });
});

test('nobody can connect while it closes', async () => {
  const service = await started();
  const socket = await asked(service.port, '/never');
  await delay(100);
  const closing = closed(service);
  const late = kept(connectTcp(service.port, '127.0.0.1'));
  await expect(once(late, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await closing;
  await ended(socket);
});
