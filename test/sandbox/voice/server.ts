import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Limits } from '../limits.ts';
import { VoiceConnection } from './connection.ts';
import { selfSigned } from './self-signed.ts';
import { VoiceSessions } from './sessions.ts';
import type { VoicePorts } from './sessions.ts';
import { VoiceUdp } from './udp.ts';

const mostConnections = 2_000;

/** How to start a voice endpoint. */
export interface VoiceOptions {
  readonly host: string;
  /** For both TCP and UDP; 0 picks a free one of each. */
  readonly port: number;
  /** Clients use wss only; by default the endpoint's certificate is self-signed. */
  readonly tls?: { readonly certPem: string; readonly keyPem: string };
  readonly limits: Limits;
}

/** A running endpoint: the voice gateway on TCP and the sound on UDP. Disposing closes every connection. */
export interface VoiceServer extends AsyncDisposable {
  /** Sent to bots as `endpoint`. */
  readonly endpoint: string;
  /** The certificate that clients have to trust. */
  readonly certPem: string;
  readonly sessions: VoiceSessions;
  /** Packets that belong to no session. */
  readonly strayPackets: number;
}

/** Starts the voice endpoint of a Discord. Rejects if a port is unavailable. */
export async function startVoiceServer(options: VoiceOptions, ports: VoicePorts): Promise<VoiceServer> {
  await using stack = new AsyncDisposableStack();
  const tls = options.tls ?? (await selfSigned());
  const sessions = new VoiceSessions(ports, options.limits.voiceResumeWindowMs);
  const udp = stack.use(new VoiceUdp(options.host, sessions));
  await udp.listen(options.port, options.host);
  const server = createServer({ cert: tls.certPem, key: tls.keyPem });
  const websockets = new WebSocketServer({ server, maxPayload: 64 * 1024 });
  websockets.on('connection', (socket, request) => {
    if (websockets.clients.size > mostConnections || !speaksVersion8(request)) return socket.terminate();
    accept(socket, request);
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  stack.defer(async () => {
    for (const client of websockets.clients) client.terminate();
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });

  function accept(socket: WebSocket, request: IncomingMessage): void {
    // Clients send their sound to the address at which they found the gateway, whatever name they know it by.
    const address = (request.socket.localAddress ?? options.host).replace(/^::ffff:/, '');
    return void new VoiceConnection(socket, {
      sessions,
      limits: options.limits,
      udp: { address, port: udp.port },
    });
  }

  const { port } = server.address() as AddressInfo;
  const owned = stack.move();
  return {
    endpoint: `${reachable(options.host)}:${port}`,
    certPem: tls.certPem,
    sessions,
    get strayPackets() {
      return udp.strayPackets;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Discord refuses a missing version and those below 4; of the others only this one is supported here. */
function speaksVersion8({ url }: IncomingMessage): boolean {
  return new URL(url ?? '/', 'wss://voice').searchParams.get('v') === '8';
}

function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
