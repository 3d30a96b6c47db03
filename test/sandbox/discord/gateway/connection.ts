import { WebSocket } from 'ws';
import type { RawData } from 'ws';
import { z } from 'zod';
import type { Clock, Timer } from '../../clock.ts';
import type { Limits } from '../../limits.ts';
import { parseLossless } from '../../lossless-json.ts';
import type { Frame, FrameSink, Session } from './session.ts';

const clientFrame = z.object({ op: z.int(), d: z.unknown() });

/** What a connection delegates to the gateway. */
export interface ConnectionOwner {
  readonly clock: Clock;
  readonly limits: Limits;
  acknowledgesHeartbeats(): boolean;
  identify(connection: GatewayConnection, data: unknown): void;
  resume(connection: GatewayConnection, data: unknown): void;
  /** An opcode of an authenticated client: presence, voice, members. */
  command(session: Session, op: number, data: unknown): 'done' | 'unknown' | 'malformed';
  closed(connection: GatewayConnection, code: number, by: 'client' | 'server'): void;
}

/** One websocket: heartbeat, send limits and opcodes (Discord: Gateway, Connection Lifecycle; Gateway Close Codes). */
export class GatewayConnection implements FrameSink {
  readonly #socket: WebSocket;
  readonly #owner: ConnectionOwner;
  /** The host that the client connected to, used in its resume URL. */
  readonly host: string;
  readonly path: string;
  session: Session | undefined;
  #sends: number[] = [];
  #heartbeat: Timer | undefined;
  #isOver = false;

  constructor(socket: WebSocket, owner: ConnectionOwner, host: string, path: string) {
    this.#socket = socket;
    this.#owner = owner;
    this.host = host;
    this.path = path;
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('close', (code) => this.#over(code, 'client'));
    // ws reports a broken peer here, then closes by itself.
    socket.on('error', () => socket.terminate());
    this.send({ op: 10, d: { heartbeat_interval: owner.limits.heartbeatIntervalMs, _trace: [] }, s: null, t: null });
    this.#expectHeartbeat();
  }

  send(frame: Frame): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  /** To Discord it is over at once, even if the client never completes the closing handshake. */
  close(code: number): void {
    this.#socket.close(code, reasons[code] ?? '');
    this.#over(code, 'server');
  }

  invalidate(): void {
    this.session = undefined;
    this.send({ op: 9, d: false, s: null, t: null });
  }

  cut(): void {
    this.#socket.terminate();
    this.#over(1006, 'server');
  }

  #expectHeartbeat(): void {
    this.#heartbeat?.cancel();
    this.#heartbeat = this.#owner.clock.after(this.#owner.limits.heartbeatIntervalMs * 1.5, () => this.close(4009));
  }

  #over(code: number, by: 'client' | 'server'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#heartbeat?.cancel();
    this.#owner.closed(this, code, by);
  }

  #tooMany(): boolean {
    const now = this.#owner.clock.now();
    this.#sends = this.#sends.filter((at) => now - at < 60_000);
    this.#sends.push(now);
    return this.#sends.length > this.#owner.limits.sendsPerMinute;
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#isOver) return;
    const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer);
    if (isBinary || bytes.length > this.#owner.limits.payloadBytes) return this.close(4002);
    if (this.#tooMany()) return this.close(4008);
    const frame = clientFrame.safeParse(parseJson(bytes.toString('utf8')));
    if (!frame.success) return this.close(4002);
    this.#act(frame.data.op, frame.data.d);
  }

  #act(op: number, data: unknown): void {
    if (op === 1) {
      this.#expectHeartbeat();
      if (this.#owner.acknowledgesHeartbeats()) this.send({ op: 11, d: null, s: null, t: null });
      return;
    }
    if (op === 2 || op === 6) {
      if (this.session) return this.close(4005);
      return op === 2 ? this.#owner.identify(this, data) : this.#owner.resume(this, data);
    }
    if (!this.session) return this.close(4003);
    const outcome = this.#owner.command(this.session, op, data);
    if (outcome === 'unknown') this.close(4001);
    if (outcome === 'malformed') this.close(4002);
  }
}

function parseJson(text: string): unknown {
  try {
    return parseLossless(text);
  } catch {
    return undefined;
  }
}

const reasons: Record<number, string> = {
  4000: 'Unknown error.',
  4001: 'Unknown opcode.',
  4002: 'Error while decoding payload.',
  4003: 'Not authenticated.',
  4004: 'Authentication failed.',
  4005: 'Already authenticated.',
  4007: 'Invalid seq.',
  4008: 'Rate limited.',
  4009: 'Session timed out.',
  4010: 'Invalid shard.',
  4011: 'Sharding required.',
  4012: 'Invalid API version.',
  4013: 'Invalid intents.',
  4014: 'Disallowed intents.',
};
