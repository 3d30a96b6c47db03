import { constants } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { OpenSockets } from '#infra/http/closing.ts';
import type { DenialCode } from '#infra/http/denial-codes.ts';
import type { TlsMaterial } from '#infra/http/service.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { newId, type InstallationId } from '#infra/kernel/ids.ts';
import { peerReader, type Peer } from '#security/identity/peer.ts';
import type { Revocations } from '#security/identity/revocations.ts';
import { denialAnswer } from '../exchange/answer.ts';
import { denial } from '../exchange/denials.ts';
import { Exchange } from '../exchange/exchange.ts';
import type { RawRequest } from '../exchange/facts.ts';
import { Permits } from '../limits/permits.ts';
import { serve, type ServePorts } from '../serve.ts';
import { serveUpgrade } from '../relay/upgrade.ts';

/** Options of node:http for both listeners: everything about a connection is bounded. */
export const serverBounds = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 60_000,
  connectionsCheckingInterval: 1_000,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: 15_000,
  insecureHTTPParser: false,
  // A request without a body needs no stream for it.
  optimizeEmptyRequests: true,
} as const;

const maxConnections = 20_000;
const connectionsPerWorkload = { bot: 64, service: 2_048 } as const;
const handshakeTimeoutMs = 5_000;
const drainMs = 2_000;

export interface ListenerOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls: TlsMaterial;
  readonly installation: InstallationId;
  readonly revocations: Revocations;
  readonly clock: Clock;
  readonly ports: ServePorts;
}

export interface Listener extends AsyncDisposable {
  readonly port: number;
  readonly connections: number;
}

/**
 * The listener for services and bots: TLS 1.3 with a client certificate of this installation, which is read once per
 * connection. A connection ends when its certificate expires, and at once when the certificate or its subject is
 * revoked.
 */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const { tls, ports, clock, revocations } = options;
  const server = createServer({
    ...serverBounds,
    ...secureContext(tls),
    minVersion: 'TLSv1.3',
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: handshakeTimeoutMs,
    // No session is resumed: every connection presents its certificate and proves possession of its key.
    secureOptions: constants.SSL_OP_NO_TICKET,
    ALPNProtocols: ['http/1.1'],
  });
  server.maxConnections = maxConnections;
  // A limit here would silently drop headers; canonical-request counts them.
  server.maxHeadersCount = 0;
  const sockets = new OpenSockets(server);
  const open = new Connections(options);
  const peerOf = open.peerOf;
  server.on('secureConnection', (socket) => open.add(socket));
  server.on('tlsClientError', (_error, socket) => {
    ports.metrics.cut('connection', 'handshake');
    socket.destroy();
  });
  const originOf = (request: IncomingMessage, wantsUpgrade: boolean): Exchange | undefined => {
    const peer = peerOf(request.socket);
    return peer && exchangeOf(request, { peer, clock, wantsUpgrade });
  };
  server.on('request', (request, response) => {
    const exchange = originOf(request, false);
    if (exchange) void serve(exchange, request, response, ports);
    else request.socket.destroy();
  });
  server.on('upgrade', (request, socket, head) => {
    const exchange = originOf(request, true);
    if (exchange) void serveUpgrade(exchange, request, socket, head, ports);
    else socket.destroy();
  });
  server.on('connect', (request, socket) => {
    void refuseUnparsed(
      exchangeOf(request, { peer: peerOf(request.socket), clock }),
      'canonical-request.method',
      socket,
      ports,
    );
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const peer = peerOf(socket as TLSSocket);
    void refuseUnparsed(unparsed({ peer, clock }), clientErrorCode(error), socket, ports);
  });
  const stops = [
    tls.onRenewed(() => server.setSecureContext(secureContext(tls))),
    revocations.onRevoked(() => open.closeRevoked()),
  ];
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.listen.port, options.listen.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return open.size;
    },
    async [Symbol.asyncDispose]() {
      for (const stop of stops) stop();
      await closeServer(server, clock, () => sockets.destroyAll());
    },
  };
}

/** Refuses new connections, gives requests in progress two seconds to finish, then closes everything. */
export async function closeServer(
  server: { close(done: () => void): unknown; closeIdleConnections(): void },
  clock: Clock,
  closeAll: () => void,
): Promise<void> {
  const cancel = clock.after(drainMs, closeAll);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  cancel();
}

const secureContext = (tls: TlsMaterial) => {
  const { certificatePem, privateKeyPem, trustBundlePem } = tls.current();
  return { cert: certificatePem, key: privateKeyPem, ca: trustBundlePem };
};

/** The open connections, each with the certificate that it was made with. */
class Connections {
  readonly peerOf: ReturnType<typeof peerReader>;
  readonly #options: ListenerOptions;
  readonly #open = new Map<TLSSocket, Peer>();
  readonly #permits = {
    bot: new Permits({ perKey: connectionsPerWorkload.bot, total: maxConnections }),
    service: new Permits({ perKey: connectionsPerWorkload.service, total: maxConnections }),
  };

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.peerOf = peerReader(options.installation, options.clock);
  }

  get size(): number {
    return this.#open.size;
  }

  add(socket: TLSSocket): void {
    const { clock, revocations, ports } = this.#options;
    const peer = this.peerOf(socket);
    const fault = this.#faultOf(peer, revocations);
    if (!peer || fault !== undefined) {
      ports.metrics.cut('connection', fault ?? 'certificate');
      socket.destroy();
      return;
    }
    this.#open.set(socket, peer);
    const cancel = clock.after(peer.expiresAtMs - clock.now(), () => {
      ports.metrics.cut('connection', 'expired');
      socket.destroy();
    });
    socket.once('close', () => {
      cancel();
      this.#open.delete(socket);
      this.#permits[peer.workload.kind].release(peer.spiffeId);
    });
  }

  #faultOf(peer: Peer | undefined, revocations: Revocations): string | undefined {
    if (!peer) return 'certificate';
    if (revocations.isRevoked(peer)) return 'revoked';
    return this.#permits[peer.workload.kind].acquire(peer.spiffeId) === 'granted' ? undefined : 'too-many';
  }

  closeRevoked(): void {
    const { revocations, ports } = this.#options;
    for (const [socket, peer] of this.#open) {
      if (!revocations.isRevoked(peer)) continue;
      ports.metrics.cut('connection', 'revoked');
      socket.destroy();
    }
  }
}

interface Origin {
  readonly peer?: Peer | undefined;
  readonly clock: Clock;
  readonly wantsUpgrade?: boolean;
  /** Set if it differs from the connection's address. */
  readonly remoteAddress?: string;
}

const requestIdPattern = /^req_[0-9a-hjkmnp-tv-z]{26}$/;

/** A service's request keeps its id all the way; others get one here. */
export function exchangeOf(request: IncomingMessage, origin: Origin): Exchange {
  const { peer, clock, wantsUpgrade = false, remoteAddress = request.socket.remoteAddress ?? '' } = origin;
  const nowMs = clock.now();
  const { method = '', url = '', httpVersion, rawHeaders } = request;
  const given = peer?.workload.kind === 'service' ? requestIdIn(rawHeaders) : undefined;
  const requestId = given !== undefined && requestIdPattern.test(given) ? given : newId('req', nowMs);
  return new Exchange(
    { method, url, httpVersion, rawHeaders },
    { requestId, nowMs, peer, remoteAddress, wantsUpgrade },
  );
}

/** `request.headers` would parse them all. Of several, any will do: canonical-request refuses them. */
function requestIdIn(rawHeaders: readonly string[]): string | undefined {
  for (let index = 0; index < rawHeaders.length; index += 2)
    if (rawHeaders[index]?.toLowerCase() === 'x-request-id') return rawHeaders[index + 1];
  return undefined;
}

const nothingRead: RawRequest = { method: 'unparsed', url: '', httpVersion: '', rawHeaders: [] };

export function unparsed({ peer, clock }: Origin): Exchange {
  const nowMs = clock.now();
  return new Exchange(nothingRead, { requestId: newId('req', nowMs), nowMs, peer, remoteAddress: '' });
}

export function clientErrorCode(error: NodeJS.ErrnoException): DenialCode {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return 'canonical-request.header-fields-too-large';
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'canonical-request.timeout';
    default:
      return 'canonical-request.malformed';
  }
}

/** Answers what node:http could not parse as a request, in the usual form, and closes the connection. */
export async function refuseUnparsed(
  exchange: Exchange,
  code: DenialCode,
  socket: Duplex,
  ports: Pick<ServePorts, 'recorder' | 'logger' | 'metrics'>,
): Promise<void> {
  const refused = denial(code);
  socket.on('error', () => socket.destroy());
  try {
    await ports.recorder.record(exchange, refused);
  } catch (error) {
    ports.logger.error({ err: error }, 'could not record a refused request');
  }
  ports.metrics.over(exchange, { refused, status: refused.status });
  exchange.end();
  if (!socket.writable) return void socket.destroy();
  const { status, headers, body } = denialAnswer(exchange, refused);
  const lines = Object.entries({ ...headers, connection: 'close', 'content-length': Buffer.byteLength(body) });
  socket.end(
    `HTTP/1.1 ${status} Refused\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
  );
}
