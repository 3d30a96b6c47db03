import type { FastifyReply } from 'fastify';
import type { Clock } from '#infra/kernel/clock.ts';
import { EventWriter, eventText, type ServerSentEvent } from '../server-sent-events.ts';

/** The writing end of a stream in which every event counts: its source waits for the reader. */
export interface RecordStream {
  /** Resolves once the reader has room for more; at once, and without effect, if it is gone. */
  send(event: ServerSentEvent): Promise<void>;
  /** Aborted when the reader is gone, the stream's time is over or `close` was called. */
  readonly signal: AbortSignal;
  close(): void;
}

export interface RecordStreamOptions {
  readonly clock: Clock;
  /** Called once, however it ends. */
  readonly onClose: () => void;
}

/** Then it ends, and the reader reconnects with its current permissions: nothing outlives a sign-out by more. */
const endsAfterMs = 10 * 60_000;

/** Takes a reply over. */
export function recordStream(reply: FastifyReply, { clock, onClose }: RecordStreamOptions): RecordStream {
  const ended = new AbortController();
  let waiting: (() => void)[] = [];
  const goOn = () => {
    const resolved = waiting;
    waiting = [];
    for (const resolve of resolved) resolve();
  };
  const writer = new EventWriter(reply, {
    clock,
    onRoom: goOn,
    onClose() {
      cancel();
      ended.abort();
      goOn();
      onClose();
    },
  });
  const cancel = clock.after(endsAfterMs, () => writer.close());
  writer.write(': begun\n\n');
  return {
    signal: ended.signal,
    close: () => writer.close(),
    async send(event) {
      writer.write(eventText(event));
      if (writer.behind && !writer.closed) await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
}
