import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Clock } from '#infra/kernel/clock.ts';
import { beginEvents } from '../event-stream.ts';

/**
 * The writing end of server-sent events that each carry a complete state (HTML Standard, 9.2): bounded, whatever the
 * reader does. If every event counts, as in a log, see ../event-stream.ts.
 */
export interface StateStream {
  /**
   * Sends a state. While the reader is behind, only the latest state for each `key` is kept (the key defaults to the
   * event's name), so that a state is waiting and never a history.
   */
  send(event: string, data: unknown, key?: string): void;
  close(): void;
  readonly closed: boolean;
}

export interface StateStreamOptions {
  readonly clock: Clock;
  /** A comment is sent this often, so that both sides notice a peer that is gone. */
  readonly heartbeatMs?: number;
  /** A reader that reads nothing for this long is cut off; it reconnects and gets a snapshot. */
  readonly stallMs?: number;
  /** Keys that may wait for a slow reader; one more cuts it off. */
  readonly maxWaiting?: number;
  readonly onClose: () => void;
}

/** How long a browser waits before it reconnects. */
const retryMs = 1_000;

/** Takes a reply over. */
export function stateStream(reply: FastifyReply, options: StateStreamOptions): StateStream {
  return new States(beginEvents(reply), options);
}

class States implements StateStream {
  readonly #response: ServerResponse;
  readonly #options: Required<StateStreamOptions>;
  readonly #waiting = new Map<string, string>();
  #cancelHeartbeat: () => void = () => undefined;
  #cancelStall: (() => void) | undefined;
  #closed = false;

  constructor(response: ServerResponse, options: StateStreamOptions) {
    this.#response = response;
    this.#options = { heartbeatMs: 10_000, stallMs: 30_000, maxWaiting: 5_000, ...options };
    response.once('close', () => this.#finish());
    response.once('error', () => this.#finish());
    response.on('drain', () => this.#drained());
    this.#write(`retry: ${retryMs}\n\n`);
    this.#beat();
  }

  get closed(): boolean {
    return this.#closed;
  }

  send(event: string, data: unknown, key = event): void {
    if (this.#closed) return;
    const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    if (!this.#response.writableNeedDrain) return this.#write(text);
    // An updated state moves behind those that arrived in the meantime.
    this.#waiting.delete(key);
    this.#waiting.set(key, text);
    if (this.#waiting.size > this.#options.maxWaiting) this.#response.destroy();
  }

  close(): void {
    if (this.#closed) return;
    this.#response.end();
    this.#finish();
  }

  #write(text: string): void {
    if (this.#response.writableEnded || this.#response.write(text)) return;
    const { clock, stallMs } = this.#options;
    this.#cancelStall ??= clock.after(stallMs, () => this.#response.destroy());
  }

  #drained(): void {
    this.#cancelStall?.();
    this.#cancelStall = undefined;
    for (const [key, text] of this.#waiting) {
      if (this.#response.writableNeedDrain) return;
      this.#waiting.delete(key);
      this.#write(text);
    }
  }

  #beat(): void {
    const { clock, heartbeatMs } = this.#options;
    this.#cancelHeartbeat = clock.after(heartbeatMs, () => {
      if (!this.#response.writableNeedDrain) this.#write(': still here\n\n');
      this.#beat();
    });
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelHeartbeat();
    this.#cancelStall?.();
    this.#waiting.clear();
    this.#options.onClose();
  }
}
