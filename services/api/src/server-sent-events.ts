import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Clock } from '#infra/kernel/clock.ts';

/** The format of EventSource: HTML, section 9.2. */
const eventStreamMediaType = 'text/event-stream';

const headers = {
  'content-type': eventStreamMediaType,
  'cache-control': 'no-store',
  // For reverse proxies in front of the platform: nginx would otherwise buffer responses.
  'x-accel-buffering': 'no',
} as const;

/** Describes a stream: each kind of event by its name, with its data. */
export const eventStreamOf = (events: Readonly<Record<string, z.ZodType>>) => ({
  description:
    'Server-sent events (HTML Standard, 9.2), each described here as an object of its name and its data parsed as JSON',
  content: {
    [eventStreamMediaType]: {
      schema: z.union(Object.entries(events).map(([event, data]) => z.object({ event: z.literal(event), data }))),
    },
  },
});

export interface ServerSentEvent {
  readonly event: string;
  /** Returned as Last-Event-ID when the reader reconnects. */
  readonly id?: string;
  /** Sent as one line of JSON. */
  readonly data: unknown;
}

/** An event as it is sent. */
export const eventText = ({ event, id, data }: ServerSentEvent): string =>
  `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;

export interface EventWriterOptions {
  readonly clock: Clock;
  /** A comment is sent this often, so that both ends notice a dead peer. */
  readonly heartbeatMs?: number | undefined;
  /** A reader that is behind and reads nothing for this long is cut off; by default it is waited for. */
  readonly stallMs?: number | undefined;
  /** Called when a reader that was behind has room again. */
  readonly onRoom: () => void;
  /** Called once, however it ends. */
  readonly onClose: () => void;
}

/**
 * A reply taken over for server-sent events: starts, stays alive and ends once. What happens to events for which a
 * reader has no room is decided by the two streams over it: live/state-stream.ts keeps only the latest states,
 * audit/record-stream.ts waits, since every record counts.
 */
export class EventWriter {
  readonly #response: ServerResponse;
  readonly #options: EventWriterOptions;
  #cancelHeartbeat: () => void = () => undefined;
  #cancelStall: (() => void) | undefined;
  #closed = false;

  constructor(reply: FastifyReply, options: EventWriterOptions) {
    this.#response = begin(reply);
    this.#options = options;
    this.#response.once('close', () => this.#finish());
    this.#response.once('error', () => this.#finish());
    this.#response.on('drain', () => this.#drained());
    this.#beat();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** True while the reader has no room; what is written nevertheless is kept in memory. */
  get behind(): boolean {
    return this.#response.writableNeedDrain;
  }

  write(text: string): void {
    if (this.#closed || this.#response.writableEnded || this.#response.write(text)) return;
    const { clock, stallMs } = this.#options;
    if (stallMs !== undefined) this.#cancelStall ??= clock.after(stallMs, () => this.cutOff());
  }

  close(): void {
    if (this.#closed) return;
    this.#response.end();
    this.#finish();
  }

  /** Ends it without sending what is still in memory. */
  cutOff(): void {
    this.#response.destroy();
  }

  #drained(): void {
    this.#cancelStall?.();
    this.#cancelStall = undefined;
    this.#options.onRoom();
  }

  #beat(): void {
    const { clock, heartbeatMs = 10_000 } = this.#options;
    this.#cancelHeartbeat = clock.after(heartbeatMs, () => {
      if (!this.behind) this.write(': still here\n\n');
      this.#beat();
    });
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelHeartbeat();
    this.#cancelStall?.();
    this.#options.onClose();
  }
}

/** A HEAD request is complete with the headers (RFC 9110 9.3.2). */
function begin(reply: FastifyReply): ServerResponse {
  const response = reply.raw;
  reply.hijack();
  response.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...headers });
  if (reply.request.method === 'HEAD') response.end();
  else response.flushHeaders();
  return response;
}
