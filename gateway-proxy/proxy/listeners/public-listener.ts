import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from '#infra/http/plain-http.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { clientAddressReader, type PublicListen } from '#infra/http/client-address.ts';
import {
  clientErrorCode,
  closeServer,
  exchangeOf,
  refuseUnparsed,
  serverBounds,
  unparsed,
  type Listener,
} from './listener.ts';
import { PublicConnections } from '../limits/public-connections.ts';
import { serve, type ServePorts } from '../serve.ts';
import { serveUpgrade } from '../relay/upgrade.ts';

/**
 * The listener for people: plain HTTP behind whatever terminates TLS, and only for the portal and the API, which
 * authenticate callers themselves. The checks are the same as everywhere; nobody here has a certificate, so no other
 * route can be reached, and anything that claims to be a platform identity is dropped.
 */
export async function startPublicListener(options: {
  readonly listen: PublicListen & { readonly shared?: boolean | undefined };
  readonly clock: Clock;
  readonly ports: ServePorts;
}): Promise<Listener> {
  const { clock, ports } = options;
  const server = createServer(serverBounds);
  server.maxHeadersCount = 0;
  const { host, port, trustedProxies, shared = false } = options.listen;
  const open = new PublicConnections(trustedProxies.length === 0);
  server.on('connection', (socket) => open.add(socket));
  server.on('request', ({ socket }, response) => open.busyUntil(socket, response));
  const addressOf = clientAddressReader(trustedProxies);
  const read = (request: IncomingMessage, wantsUpgrade = false) =>
    exchangeOf(request, { clock, wantsUpgrade, remoteAddress: addressOf(request) });
  server.on('request', (request, response) => void serve(read(request), request, response, ports));
  server.on('upgrade', (request, socket, head) => void serveUpgrade(read(request, true), request, socket, head, ports));
  server.on('connect', (request, socket) => {
    void refuseUnparsed(read(request), 'canonical-request.method', socket, ports);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    void refuseUnparsed(unparsed({ clock }), clientErrorCode(error), socket, ports);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, reusePort: shared }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return open.size;
    },
    async [Symbol.asyncDispose]() {
      await closeServer(server, clock, () => {
        open.closeAll();
      });
    },
  };
}
