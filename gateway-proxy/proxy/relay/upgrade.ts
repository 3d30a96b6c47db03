import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import { ServerResponse } from '#infra/http/plain-http.ts';
import { sendDenial } from '../exchange/answer.ts';
import { isDenial, type Denial } from '../exchange/denials.ts';
import type { Admitted, Exchange } from '../exchange/exchange.ts';
import { breakerOpen, destinationOf } from './forward.ts';
import { admit } from '../pipeline.ts';
import { Relay, type AttemptOutcome, type RelayPorts } from './relay.ts';
import type { ServePorts } from '../serve.ts';

/** Headers of the upstream's 101 that the caller has to see (RFC 6455 4.2.2, and Lavalink's own). */
const passedBack = [
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'sec-websocket-protocol',
  'session-resumed',
  'lavalink-api-version',
] as const;

/** Gets the headers of the upstream's 101 and its socket. */
type Joined = (headers: IncomingHttpHeaders, upstream: Duplex) => void;

/** A request to change to WebSocket: the same checks in the same order, and then two joined sockets. */
export async function serveUpgrade(
  exchange: Exchange,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  ports: ServePorts,
): Promise<void> {
  let refused: Denial | undefined;
  let status = 0;
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
  response.once('finish', () => {
    status = response.statusCode;
    socket.end();
  });
  socket.on('error', () => socket.destroy());
  socket.once('close', () => {
    exchange.end();
    ports.metrics.over(exchange, { refused, status });
  });
  try {
    const admitted = await admit(exchange, ports);
    if (isDenial(admitted)) {
      refused = admitted;
      return sendDenial(response, exchange, refused);
    }
    ports.streams.follow(admitted, () => socket.destroy());
    await join(admitted, response, ports, (headers, upstream) => {
      status = 101;
      response.detachSocket(socket as Parameters<ServerResponse['detachSocket']>[0]);
      socket.write(switchingProtocols(headers));
      if (head.length > 0) upstream.write(head);
      joinSockets(socket, upstream);
    });
  } catch (error) {
    ports.logger.error({ err: error, requestId: exchange.requestId }, 'an upgrade failed');
    socket.destroy();
  }
}

async function join(exchange: Admitted, response: ServerResponse, ports: ServePorts, joined: Joined): Promise<void> {
  const destination = destinationOf(exchange, ports);
  if (isDenial(destination)) return sendDenial(response, exchange, destination);
  const { upstream, path, headers } = destination;
  const outcome = await upstream.breaker.attempt(
    () =>
      new Promise<void>((resolve, reject) => {
        const handler = new UpgradeRelay(exchange, response, ports, { answered: resolve, failed: reject }, joined);
        upstream.dispatcher('stream').dispatch({ method: 'GET', path, headers, upgrade: 'websocket' }, handler);
      }),
  );
  if (outcome === 'open') sendDenial(response, exchange, breakerOpen(upstream));
}

/** A Relay for an upstream that may refuse the upgrade with an ordinary response, which also accepts a 101. */
class UpgradeRelay extends Relay {
  readonly #joined: Joined;
  readonly #outcome: AttemptOutcome;
  readonly #response: ServerResponse;

  constructor(
    exchange: Admitted,
    response: ServerResponse,
    ports: RelayPorts,
    outcome: AttemptOutcome,
    joined: Joined,
  ) {
    super(exchange, response, ports, outcome);
    this.#response = response;
    this.#outcome = outcome;
    this.#joined = joined;
  }

  onRequestUpgrade(
    _controller: Dispatcher.DispatchController,
    _status: number,
    headers: IncomingHttpHeaders,
    upstream: Duplex,
  ): void {
    this.#outcome.answered();
    if (this.#response.destroyed) upstream.destroy();
    else this.#joined(headers, upstream);
  }
}

/** Both ways, no faster than either reads; when one side is gone, the other is closed too. */
function joinSockets(caller: Duplex, upstream: Duplex): void {
  upstream.on('error', () => upstream.destroy());
  upstream.once('close', () => caller.destroy());
  caller.once('close', () => upstream.destroy());
  caller.pipe(upstream);
  upstream.pipe(caller);
}

function switchingProtocols(headers: IncomingHttpHeaders): string {
  const lines = ['HTTP/1.1 101 Switching Protocols', 'upgrade: websocket', 'connection: Upgrade'];
  for (const name of passedBack) {
    const value = headers[name];
    for (const each of value === undefined ? [] : [value].flat()) lines.push(`${name}: ${each}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
