import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import { WebSocketServer } from 'ws';
import { createServer, ServerResponse as PlainResponse } from '#infra/http/plain-http.ts';
import { systemClock } from '../clock.ts';
import type { Clock } from '../clock.ts';
import { LavalinkControl } from './control.ts';
import type { NetworkFaults } from './control.ts';
import type { FaultRequest } from './faults.ts';
import { Node } from './node.ts';
import { RestError } from './rest-error.ts';
import { answer, passwordMatches, sendError } from './rest.ts';
import { SoundSender } from './voice/sound-sender.ts';
import { ToldLinks } from './voice/told-links.ts';
import type { VoiceLookup } from './voice/told-links.ts';
import { VoiceClients } from './voice/voice-client.ts';

/** How to start the node. */
export interface LavalinkOptions {
  readonly host?: string;
  /** 0 picks a free one. */
  readonly port?: number;
  readonly password: string;
  /** If given, the node serves https and wss only. */
  readonly tls?: SecureContextOptions & TlsOptions;
  readonly clock?: Clock;
  /** Asked whether a voice connection is valid, if `joinsVoice` is absent; without either, every one is. */
  readonly voice?: VoiceLookup;
  /** The node connects to the voice servers that clients name, and sends its sound there. */
  readonly joinsVoice?: {
    /** The certificate of those servers. */
    readonly certPem: string;
    /** False: connects but sends nothing. */
    readonly sound: boolean;
  };
}

/** A running node. Disposing closes every socket and forgets every session. */
export interface LavalinkServer extends AsyncDisposable {
  readonly port: number;
  readonly control: LavalinkControl;
}

/** Starts a Lavalink 4.2 node that plays fictional music by the clock. Rejects if the port is unavailable. */
export async function startLavalink(options: LavalinkOptions): Promise<LavalinkServer> {
  const sender = new SoundSender();
  const { joinsVoice } = options;
  const links = joinsVoice ? new VoiceClients({ ...joinsVoice, sender }) : new ToldLinks(options.voice);
  const node = new Node(options.clock ?? systemClock, links);
  const network = new Network(node, options);
  await network.listen();
  return {
    port: network.port,
    control: new LavalinkControl(node, network),
    async [Symbol.asyncDispose]() {
      node.forget();
      sender[Symbol.dispose]();
      await network.setDead(true);
    },
  };
}

/** The node's sockets: REST and WebSocket on one port, and everything that can go wrong with them. */
class Network implements NetworkFaults {
  port: number;
  dead = false;
  slowMs = 0;
  restStatus = 0;
  #restTimes = Number.POSITIVE_INFINITY;
  readonly #node: Node;
  readonly #options: LavalinkOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #websockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });

  #restSilent: 'lost' | 'done' | null = null;
  #restAnswer: NonNullable<FaultRequest['restAnswer']> | null = null;
  #refusesPassword = false;
  #muted = false;
  readonly #unanswered: ServerResponse[] = [];

  constructor(node: Node, options: LavalinkOptions) {
    this.#node = node;
    this.#options = options;
    this.port = options.port ?? 0;
    const handle = (request: IncomingMessage, response: ServerResponse) => void this.#rest(request, response);
    this.#server = options.tls ? createTlsServer(options.tls, handle) : createServer(handle);
    this.#server.on('upgrade', (request: IncomingMessage, socket, head) => this.#upgrade(request, socket, head));
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(this.port, this.#options.host ?? '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  setRest(slowMs: number | undefined, restStatus: number | undefined, restTimes: number | undefined): void {
    this.slowMs = slowMs ?? this.slowMs;
    if (restStatus === undefined) return;
    this.restStatus = restStatus;
    this.#restTimes = restTimes ?? Number.POSITIVE_INFINITY;
  }

  set({ restSilent, restAnswer, refusesPassword, muted }: Parameters<NetworkFaults['set']>[0]): void {
    if (restAnswer !== undefined) this.#restAnswer = restAnswer;
    if (refusesPassword !== undefined) this.#refusesPassword = refusesPassword;
    if (muted !== undefined) this.#muted = muted;
    if (restSilent === undefined) return;
    this.#restSilent = restSilent;
    if (restSilent === null) for (const response of this.#unanswered.splice(0)) response.destroy();
  }

  get unanswered(): number {
    return this.#unanswered.length;
  }

  dropSockets(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async setDead(dead: boolean): Promise<void> {
    if (dead === this.dead) return;
    this.dead = dead;
    if (!dead) return this.listen();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.dropSockets();
    await closed;
  }

  async #rest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.slowMs > 0) await new Promise<void>((resolve) => void this.#node.clock.after(this.slowMs, resolve));
    if (this.#restSilent !== null) return this.#keepSilent(request, response);
    const instead = this.#restAnswer;
    if (instead && (request.url ?? '').includes(instead.path ?? '')) {
      response.writeHead(instead.status, { 'content-type': instead.contentType }).end(instead.body);
      return;
    }
    if (this.restStatus === 0) return answer(this.#node, this.#password, request, response);
    const error = new RestError(this.restStatus, 'The node fails on request');
    this.#restTimes -= 1;
    if (this.#restTimes <= 0) this.setRest(undefined, 0, undefined);
    sendError(this.#node, response, new URL(request.url ?? '/', 'http://lavalink'), error);
  }

  async #keepSilent(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#unanswered.push(response);
    if (this.#restSilent === 'lost') return void request.resume();
    // A response without a socket is discarded, as on a network that lost the way back.
    await answer(this.#node, this.#password, request, new PlainResponse(request));
  }

  get #password(): string {
    return this.#refusesPassword ? randomUUID() : this.#options.password;
  }

  /** Lavalink's handshake (its HandshakeInterceptorImpl): 401 for any wrong password, 400 without a numeric User-Id. */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname } = new URL(request.url ?? '/', 'http://lavalink');
    if (pathname !== '/v4/websocket') return refuse(socket, '404 Not Found');
    if (!passwordMatches(this.#password, request.headers.authorization)) return refuse(socket, '401 Unauthorized');
    const userId = header(request, 'user-id');
    if (userId === undefined || !/^\d{1,20}$/.test(userId)) return refuse(socket, '400 Bad Request');
    const sessionId = header(request, 'session-id');
    const resumed = this.#node.canResume(sessionId);
    const extra = [`Session-Resumed: ${resumed}`, 'Lavalink-Api-Version: 4'];
    const addHeaders = (headers: string[]) => void headers.push(...extra);
    this.#websockets.once('headers', addHeaders);
    this.#websockets.handleUpgrade(request, socket, head, (websocket) => {
      const clientName = header(request, 'client-name') ?? '';
      const socket = {
        send: (text: string) => {
          if (!this.#muted) websocket.send(text);
        },
      };
      const session = this.#node.open(socket, { userId, clientName, sessionId });
      websocket.on('error', () => websocket.terminate());
      websocket.once('close', () => this.#node.closed(session, socket));
    });
    this.#websockets.off('headers', addHeaders);
  }
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\nLavalink-Api-Version: 4\r\n\r\n`);
}
