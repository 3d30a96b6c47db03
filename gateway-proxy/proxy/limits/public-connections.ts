import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { visitorOf } from '#infra/http/client-address.ts';
import { Permits } from './permits.ts';

const defaults = { total: 10_000, perVisitor: 512 };

/**
 * The connections of the public listener. One client has a share of them; when there are too many, the most idle one is
 * closed, so that connections that are merely held open lock nobody out.
 */
export class PublicConnections {
  readonly #open = new Set<Socket>();
  /** Idle connections, the most idle first. */
  readonly #quiet = new Set<Socket>();
  readonly #total: number;
  readonly #visitors: Permits | undefined;

  /** `perVisitor`: false behind a reverse proxy, whose connections are shared by everybody. */
  constructor(perVisitor: boolean, limits = defaults) {
    this.#total = limits.total;
    this.#visitors = perVisitor ? new Permits({ perKey: limits.perVisitor, total: Infinity }) : undefined;
  }

  get size(): number {
    return this.#open.size;
  }

  add(socket: Socket): void {
    const visitor = visitorOf(socket.remoteAddress ?? '');
    if (this.#visitors && this.#visitors.acquire(visitor) !== 'granted') return void socket.destroy();
    socket.once('close', () => {
      this.#visitors?.release(visitor);
      this.#forget(socket);
    });
    this.#open.add(socket);
    this.#quiet.add(socket);
    if (this.#open.size <= this.#total) return;
    // The newest one is idle too, and is closed if no other is.
    const [longest = socket] = this.#quiet;
    this.#forget(longest);
    longest.destroy();
  }

  busyUntil(socket: Socket, response: ServerResponse): void {
    this.#quiet.delete(socket);
    response.once('close', () => {
      if (this.#open.has(socket)) this.#quiet.add(socket);
    });
  }

  closeAll(): void {
    for (const socket of this.#open) socket.destroy();
  }

  #forget(socket: Socket): void {
    this.#open.delete(socket);
    this.#quiet.delete(socket);
  }
}
