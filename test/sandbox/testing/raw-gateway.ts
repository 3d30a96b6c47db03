import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Frame } from '../discord/gateway/session.ts';
import { stringifyLossless } from '../lossless-json.ts';

/** A client that only speaks the gateway's protocol, so that a test can break its rules. */
export class RawGateway {
  readonly frames: Frame[] = [];
  readonly #socket: WebSocket;
  readonly closed: Promise<number>;
  readonly #waiting = new Set<() => void>();

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = once(socket, 'close').then(([code]: unknown[]) => Number(code));
    socket.on('message', (data: Buffer) => {
      this.frames.push(JSON.parse(data.toString()) as Frame);
      for (const check of this.#waiting) check();
    });
  }

  static async connect(url: string): Promise<RawGateway> {
    const socket = new WebSocket(`${url}?v=10&encoding=json`);
    // Created before it opens, so that no frame is missed; only `open` tells whether it opened.
    const client = new RawGateway(socket);
    client.closed.catch(() => undefined);
    await once(socket, 'open');
    return client;
  }

  /** A bigint is sent as a number. */
  send(op: number, d: unknown): void {
    this.#socket.send(stringifyLossless({ op, d }));
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  identify(token: string, intents = 129, more: object = {}): void {
    this.send(2, { token, intents, properties: { os: 'linux', browser: 'test', device: 'test' }, ...more });
  }

  /** The first matching frame, already received or still to come. */
  async frame(fits: (frame: Frame) => boolean): Promise<Frame> {
    const found = Promise.withResolvers<Frame>();
    const check = (): void => {
      const frame = this.frames.find(fits);
      if (frame) found.resolve(frame);
    };
    this.#waiting.add(check);
    check();
    const frame = await found.promise;
    this.#waiting.delete(check);
    return frame;
  }

  dispatch(type: string): Promise<Frame> {
    return this.frame((frame) => frame.t === type);
  }

  op(op: number): Promise<Frame> {
    return this.frame((frame) => frame.op === op);
  }

  close(code = 1000): void {
    this.#socket.close(code);
  }

  cut(): void {
    this.#socket.terminate();
  }
}
