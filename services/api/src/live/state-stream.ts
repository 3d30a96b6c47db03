import type { FastifyReply } from 'fastify';
import type { Clock } from '#infra/kernel/clock.ts';
import { EventWriter, eventText } from '../server-sent-events.ts';

/**
 * The writing end of server-sent events that each carry a complete state (HTML Standard, 9.2): bounded, whatever the
 * reader does. If every event counts, as in a log, see ../audit/record-stream.ts.
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
  /** Keys that may wait for a slow reader; one more cuts it off. */
  readonly maxWaiting?: number;
  readonly onClose: () => void;
}

/** How long a browser waits before it reconnects. */
const retryMs = 1_000;
/** A reader that reads nothing for this long is cut off; it reconnects and gets a snapshot. */
const stallMs = 30_000;

/** Takes a reply over. */
export function stateStream(reply: FastifyReply, options: StateStreamOptions): StateStream {
  return new States(reply, options);
}

class States implements StateStream {
  readonly #writer: EventWriter;
  readonly #maxWaiting: number;
  readonly #waiting = new Map<string, string>();

  constructor(reply: FastifyReply, { clock, maxWaiting = 5_000, onClose }: StateStreamOptions) {
    this.#maxWaiting = maxWaiting;
    this.#writer = new EventWriter(reply, {
      clock,
      stallMs,
      onRoom: () => this.#sendWaiting(),
      onClose: () => {
        this.#waiting.clear();
        onClose();
      },
    });
    this.#writer.write(`retry: ${retryMs}\n\n`);
  }

  get closed(): boolean {
    return this.#writer.closed;
  }

  send(event: string, data: unknown, key = event): void {
    if (this.closed) return;
    const text = eventText({ event, data });
    if (!this.#writer.behind) return this.#writer.write(text);
    // An updated state moves behind those that arrived in the meantime.
    this.#waiting.delete(key);
    this.#waiting.set(key, text);
    if (this.#waiting.size > this.#maxWaiting) this.#writer.cutOff();
  }

  close(): void {
    this.#writer.close();
  }

  #sendWaiting(): void {
    for (const [key, text] of this.#waiting) {
      if (this.#writer.behind) return;
      this.#waiting.delete(key);
      this.#writer.write(text);
    }
  }
}
