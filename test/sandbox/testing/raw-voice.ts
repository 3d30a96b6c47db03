import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { discoveryQuestion } from '../voice/discovery.ts';
import type { ServerFrame } from '../voice/protocol.ts';

/** A client that only speaks the voice protocol, so that a test can break its rules. */
export class RawVoice implements Disposable {
  readonly frames: ServerFrame[] = [];
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  readonly #udp: Socket = createSocket('udp4');
  readonly #waiting = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = once(socket, 'close').then(([code]: unknown[]) => Number(code));
    socket.on('message', (data: Buffer) => {
      this.frames.push(JSON.parse(data.toString()) as ServerFrame);
      for (const check of this.#waiting) check();
    });
  }

  static async connect({ endpoint, certPem }: { endpoint: string; certPem: string }, version = 8): Promise<RawVoice> {
    const client = new RawVoice(new WebSocket(`wss://${endpoint}/?v=${version}`, { ca: certPem }));
    client.closed.catch(() => undefined);
    await once(client.#socket, 'open');
    return client;
  }

  send(op: number, d: unknown): void {
    this.#socket.send(JSON.stringify({ op, d }));
  }

  sendRaw(data: string | Buffer): void {
    this.#socket.send(data);
  }

  /** The data of the first frame with this opcode, already received or still to come. */
  async data<Data>(op: number): Promise<Data> {
    const found = Promise.withResolvers<ServerFrame>();
    const check = (): void => {
      const frame = this.frames.find((candidate) => candidate.op === op);
      if (frame) found.resolve(frame);
    };
    this.#waiting.add(check);
    check();
    const frame = await found.promise;
    this.#waiting.delete(check);
    return frame.d as Data;
  }

  sendUdp(packet: Buffer, port: number): void {
    this.#udp.send(packet, port, '127.0.0.1');
  }

  /** The response to a discovery packet, and the port that it was sent from. */
  async discover(ssrc: number, port: number): Promise<{ answer: Buffer; ownPort: number }> {
    const answered = once(this.#udp, 'message') as Promise<[Buffer]>;
    this.sendUdp(discoveryQuestion(ssrc), port);
    const [answer] = await answered;
    return { answer, ownPort: this.#udp.address().port };
  }

  /** Closes with this code; without one the connection breaks. */
  leave(code?: number): void {
    if (code === undefined) this.#socket.terminate();
    else this.#socket.close(code);
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
    this.#udp.close();
  }
}
