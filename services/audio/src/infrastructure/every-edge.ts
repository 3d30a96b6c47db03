import { pause, type Clock } from '#infra/kernel/clock.ts';
import type { FollowedReplicas } from '#infra/leases/followed-replicas.ts';
import type { VoiceEvent } from '#tenants/instance-protocol/voice-events.ts';

export interface EveryEdge {
  readonly edges: FollowedReplicas;
  /** One edge's stream of voice events. */
  readonly open: (edge: string, signal: AbortSignal) => AsyncIterable<unknown>;
  readonly clock: Clock;
}

/** An edge that is gone is no longer registered by then: until then the others are listened to, and not disturbed. */
const goneWithinMs = 5_000;
const isCurrent = (line: unknown): boolean => (line as Partial<VoiceEvent> | null)?.kind === 'current';

/**
 * The voice events of all edges, as if there were one: `current` comes once each of them has reported its state. Ends
 * when the edges have changed, or one's stream has broken and it has had the time to be replaced, so that everything is
 * reported anew.
 */
export async function* followEveryEdge(
  { edges, open, clock }: EveryEdge,
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  const over = new AbortController();
  const end = () => over.abort();
  const unfollow = edges.onChanged(end);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  const lines: unknown[] = [];
  let wake = Promise.withResolvers<void>();
  over.signal.addEventListener('abort', () => wake.resolve(), { once: true });
  let failure: unknown;
  let pending = edges.ids.length;
  let openCount = edges.ids.length;
  const read = async (edge: string): Promise<void> => {
    try {
      for await (const line of open(edge, over.signal)) {
        if (!isCurrent(line)) lines.push(line);
        else if ((pending -= 1) === 0) lines.push(line);
        wake.resolve();
      }
    } catch (error) {
      failure ??= error;
    }
    openCount -= 1;
    if (openCount > 0) await pause(goneWithinMs, clock, over.signal);
    end();
  };
  for (const edge of edges.ids) void read(edge);
  try {
    if (edges.ids.length === 0) await pause(goneWithinMs, clock, over.signal);
    while (!over.signal.aborted || lines.length > 0) {
      const waiting = lines.splice(0);
      if (waiting.length > 0) yield* waiting;
      else {
        await wake.promise;
        wake = Promise.withResolvers<void>();
      }
    }
  } finally {
    unfollow();
    signal.removeEventListener('abort', end);
    end();
  }
  if (failure !== undefined && !signal.aborted) throw failure;
}
