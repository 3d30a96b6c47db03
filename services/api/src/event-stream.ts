import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { callerFault } from '#infra/kernel/errors.ts';

/** The format of EventSource: HTML, section 9.2. */
export const eventStreamMediaType = 'text/event-stream';

export const eventStreamHeaders = {
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
  /** The event's type; `message` if omitted. */
  readonly event?: string;
  /** Returned as Last-Event-ID when the reader reconnects. */
  readonly id?: string;
  /** Sent as one line of JSON. */
  readonly data: unknown;
}

/** The writing end of a stream of events. */
export interface EventStream {
  /** Resolves once the reader has room for more; at once, and without effect, if it is gone. */
  send(event: ServerSentEvent): Promise<void>;
  /** Aborted when the reader is gone, the stream's time is over or `close` was called. */
  readonly signal: AbortSignal;
  close(): void;
}

/** How many streams of one kind may be open, per person and in total. */
export class StreamSlots {
  readonly #perSubject: number;
  readonly #total: number;
  readonly #open = new Map<string, number>();
  #count = 0;

  constructor({ perSubject, total }: { perSubject: number; total: number }) {
    this.#perSubject = perSubject;
    this.#total = total;
  }

  /**
   * The returned function releases the slot.
   * @throws BailiwickError stream.too-many (429)
   */
  take(subject: string): () => void {
    const own = this.#open.get(subject) ?? 0;
    if (own >= this.#perSubject || this.#count >= this.#total)
      throw callerFault('stream.too-many', 'Too many streams of this kind are open. Close one first.', 429);
    this.#open.set(subject, own + 1);
    this.#count += 1;
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      this.#count -= 1;
      const left = (this.#open.get(subject) ?? 1) - 1;
      if (left > 0) this.#open.set(subject, left);
      else this.#open.delete(subject);
    };
  }
}

export interface EventStreamOptions {
  /** A comment is sent this often, so that both ends notice a dead peer. */
  readonly heartbeatMs?: number;
  /**
   * After this long it ends, and the reader reconnects with its current permissions: nothing outlives a sign-out by
   * more.
   */
  readonly endsAfterMs?: number;
  /** Called once, however it ends. */
  readonly onClose?: () => void;
}

/** Takes a reply over and starts it; a HEAD request is then complete (RFC 9110 9.3.2). */
export function beginEvents(reply: FastifyReply): FastifyReply['raw'] {
  const response = reply.raw;
  reply.hijack();
  response.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    ...eventStreamHeaders,
  });
  if (reply.request.method === 'HEAD') response.end();
  else response.flushHeaders();
  return response;
}

/** Takes a reply over as a stream of server-sent events. */
export function eventStream(reply: FastifyReply, options: EventStreamOptions = {}): EventStream {
  const { heartbeatMs = 10_000, endsAfterMs = 10 * 60_000, onClose } = options;
  const response = beginEvents(reply);
  if (!response.writableEnded) response.write(': begun\n\n');
  const ended = new AbortController();
  const heartbeat = setInterval(
    () => response.writableEnded || response.writableNeedDrain || response.write(': still here\n\n'),
    heartbeatMs,
  );
  heartbeat.unref();
  const finish = () => {
    if (ended.signal.aborted) return;
    clearInterval(heartbeat);
    clearTimeout(over);
    ended.abort();
    onClose?.();
  };
  const close = () => {
    response.end();
    finish();
  };
  const over = setTimeout(close, endsAfterMs);
  over.unref();
  response.once('close', finish);
  response.once('error', finish);
  return {
    signal: ended.signal,
    close,
    async send({ event, id, data }) {
      if (ended.signal.aborted || response.writableEnded) return;
      const head = `${event === undefined ? '' : `event: ${event}\n`}${id === undefined ? '' : `id: ${id}\n`}`;
      if (!response.write(`${head}data: ${JSON.stringify(data)}\n\n`)) await drained(response, ended.signal);
    },
  };
}

function drained(response: FastifyReply['raw'], gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      gone.removeEventListener('abort', done);
      resolve();
    };
    response.once('drain', done);
    gone.addEventListener('abort', done, { once: true });
    if (gone.aborted) done();
  });
}
