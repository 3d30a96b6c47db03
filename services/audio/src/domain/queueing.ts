import type { Snowflake } from '#infra/kernel/ids.ts';
import { Deciding } from './deciding.ts';
import type { Entry } from './entry.ts';
import { withTurns } from './fair-queue.ts';
import { follow, past } from './playing.ts';
import { unchanged, type Session, type Change } from './session.ts';

/** Entries after the current one in the queue itself; what is over waits in pages (later.ts). */
export const queueLimit = 1_000;

/** Entries that one request adds to the queue itself, and those of a page. */
export const playlistLimit = 500;

/**
 * last: behind all that waits; in-turn: where members take turns (fair-queue.ts); next: before all that waits; now: instead
 * of the current track, which becomes part of the past.
 */
export type Placement = 'last' | 'in-turn' | 'next' | 'now';

/** Adds what fits into the queue, in its order, and starts the first entry if nothing plays. */
export function enqueue(
  session: Session,
  entries: readonly Entry[],
  channels: { readonly voice: Snowflake | null; readonly text: Snowflake | null },
  nowMs: number,
  placement: Placement = 'last',
): Change & { readonly added: readonly Entry[] } {
  // Without a current track, the first of the queue leaves it at once, which makes room for one more.
  const room = queueLimit - session.queue.length + (session.current ? 0 : 1);
  const added = entries.slice(0, Math.max(0, Math.min(room, playlistLimit)));
  const deciding = new Deciding(session);
  const isNow = placement === 'now' && added.length > 0;
  const back = isNow ? past(deciding, 'skipped') : undefined;
  addTo(deciding, added, placed(deciding.session, added, placement));
  if (isNow || (!session.current && added.length > 0)) follow(deciding, back, nowMs);
  deciding.inChannel(channels.voice ?? session.voiceChannel);
  const textChannel = channels.text ?? session.textChannel;
  if (textChannel !== null && textChannel !== session.textChannel)
    deciding.tell({ type: 'TextChannelChanged', data: { textChannel } });
  return { ...deciding.decided('queue'), added };
}

/** The entries come into the queue, which is `queue` afterwards. */
export function addTo(deciding: Deciding, added: readonly Entry[], queue: readonly Entry[]): void {
  const [first] = added;
  if (!first) return;
  const isAdded = new Set(added);
  const tracks = queue.filter((entry) => isAdded.has(entry));
  const at = queue.findIndex((entry) => isAdded.has(entry));
  deciding.tell({ type: 'TracksAdded', data: { at, tracks } });
  deciding.reordered(queue.map(({ entryId }) => entryId));
}

function placed(session: Session, added: readonly Entry[], placement: Placement): readonly Entry[] {
  switch (placement) {
    case 'last':
    case 'in-turn': {
      const { first, again } = inRounds(session);
      const inTurn = placement === 'in-turn';
      return [...(inTurn ? withTurns({ ...session, queue: first }, added) : [...first, ...added]), ...again];
    }
    case 'next':
    case 'now':
      return [...added, ...session.queue];
    default:
      return placement satisfies never;
  }
}

/**
 * What is to play before the pages that wait, and what at the end of the queue has played and comes again behind them;
 * without pages, all of it is the former.
 */
export function inRounds({
  queue,
  later,
}: Pick<Session, 'queue' | 'later'>): Readonly<Record<'first' | 'again', readonly Entry[]>> {
  const end = later.length === 0 ? queue.length : queue.findLastIndex(({ again }) => again !== true) + 1;
  return { first: queue.slice(0, end), again: queue.slice(end) };
}

/** Moves an entry within the queue; undefined if it is not (or no longer) in it. */
export function move(session: Session, entryId: string, to: number): Change | undefined {
  const from = session.queue.findIndex((entry) => entry.entryId === entryId);
  const entry = session.queue[from];
  if (!entry) return undefined;
  const target = Math.min(to, session.queue.length - 1);
  if (target === from) return unchanged(session);
  const deciding = new Deciding(session);
  deciding.reordered(
    session.queue
      .toSpliced(from, 1)
      .toSpliced(target, 0, entry)
      .map((each) => each.entryId),
  );
  return deciding.decided('queue');
}

/**
 * Removes an entry from the queue; undefined if it is not (or no longer) in it. The current track is skipped, not
 * removed.
 */
export function remove(session: Session, entryId: string): Change | undefined {
  if (!session.queue.some((entry) => entry.entryId === entryId)) return undefined;
  const deciding = new Deciding(session);
  deciding.removed([entryId]);
  return deciding.decided('queue');
}
