import type { FastifyReply } from 'fastify';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { eventStream, type EventStream } from './event-stream.ts';

export interface StreamRequest {
  readonly reply: FastifyReply;
  readonly subject: string;
  /** Asked again and again while the stream is open. */
  readonly standing: () => Promise<'allowed' | 'refused' | 'undecided'>;
  readonly onClose: () => void;
}

/** Streams of events that people follow: few per person, and none longer than they may. */
export interface OpenStreams extends Disposable {
  /** @throws BailiwickError stream.too-many (429) */
  open(request: StreamRequest): EventStream;
  readonly size: number;
}

/** A person with several pages open; the ninth refuses. */
const perSubject = 8;
/** So soon a stream ends after its session or membership has. */
const reconsiderEveryMs = 1_000;
/** How long a stream goes on while it cannot be known whether it may: a database that restarts ends none. */
const undecidedForMs = 30_000;

export function createOpenStreams(clock: Clock): OpenStreams {
  const counts = new Map<string, number>();
  const open = new Set<EventStream>();
  return {
    get size() {
      return open.size;
    },
    open({ reply, subject, standing, onClose }) {
      const count = counts.get(subject) ?? 0;
      if (count >= perSubject) {
        throw callerFault('stream.too-many', 'Too many pages of yours follow what happens. Close some of them.', 429);
      }
      counts.set(subject, count + 1);
      let cancel: () => void = () => undefined;
      const stream = eventStream(reply, {
        clock,
        onClose() {
          cancel();
          open.delete(stream);
          const left = (counts.get(subject) ?? 1) - 1;
          if (left > 0) counts.set(subject, left);
          else counts.delete(subject);
          onClose();
        },
      });
      open.add(stream);
      let decidedAtMs = clock.now();
      const reconsider = async () => {
        const known = await standing();
        if (stream.closed) return;
        if (known !== 'undecided') decidedAtMs = clock.now();
        if (known === 'refused' || clock.now() - decidedAtMs > undecidedForMs) {
          stream.send('end', { reason: known === 'refused' ? 'not-allowed' : 'undecided' });
          return stream.close();
        }
        plan();
      };
      const plan = () => {
        cancel = clock.after(reconsiderEveryMs, () => void reconsider());
      };
      plan();
      return stream;
    },
    [Symbol.dispose]() {
      for (const stream of open) stream.close();
    },
  };
}
