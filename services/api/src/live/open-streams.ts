import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Clock } from '#infra/kernel/clock.ts';
import type { SharedCounts } from '#infra/shared-state/shared-counts.ts';
import type { Standing } from '../access.ts';
import { StreamSlots } from '../stream-slots.ts';
import { stateStream, type StateStream } from './state-stream.ts';

/** The data of the last event of a stream that is ended from here. */
export const endSchema = z.object({ reason: z.enum(['not-allowed', 'deleted', 'undecided']) });

export interface StreamRequest {
  readonly reply: FastifyReply;
  readonly subject: string;
  /** Called repeatedly while the stream is open. */
  readonly standing: () => Promise<Standing>;
  readonly onClose: () => void;
}

/** Streams of events that people follow: few per person, and none longer than permitted. */
export interface OpenStreams extends Disposable {
  /** @throws BailiwickError stream.too-many (429) */
  open(request: StreamRequest): Promise<StateStream>;
}

/** A person may have several pages open. */
const slots = { perSubject: 8, total: 2_000 };
/** How soon a stream ends after its session or membership has. */
const reconsiderEveryMs = 1_000;
/** How long a stream continues while its permission cannot be checked: a database restart ends none. */
const undecidedForMs = 30_000;

const endReasons: Readonly<Record<Standing, z.infer<typeof endSchema>['reason'] | undefined>> = {
  allowed: undefined,
  refused: 'not-allowed',
  deleted: 'deleted',
  undecided: 'undecided',
};

export function createOpenStreams(clock: Clock, counts: SharedCounts): OpenStreams {
  const free = new StreamSlots({ kind: 'streams', ...slots, counts, clock });
  const open = new Set<StateStream>();
  return {
    async open({ reply, subject, standing, onClose }) {
      const leave = await free.take(subject);
      let cancel: () => void = () => undefined;
      const stream = stateStream(reply, {
        clock,
        onClose() {
          cancel();
          open.delete(stream);
          leave();
          onClose();
        },
      });
      open.add(stream);
      let decidedAtMs = clock.now();
      const reconsider = async () => {
        const known = await standing();
        if (stream.closed) return;
        if (known !== 'undecided') decidedAtMs = clock.now();
        const reason = endReasons[known];
        if (reason !== undefined && (known !== 'undecided' || clock.now() - decidedAtMs > undecidedForMs)) {
          stream.send('end', { reason } satisfies z.infer<typeof endSchema>);
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
      free[Symbol.dispose]();
    },
  };
}
