import { callerFault, callerFaultWith } from '#infra/kernel/errors.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import { playerErrorCodes, type Loop } from '#services/contracts/player.ts';
import { Deciding } from './deciding.ts';
import type { Entry } from './entry.ts';
import { shuffled } from './later.ts';
import { comeAgain, past, returned, startOver } from './playing.ts';
import type { Change, Session } from './session.ts';

/** A change with the entries that it affected. */
export type Arranged = Change & { readonly affected: readonly Entry[] };

const idsOf = (entries: readonly Entry[]): readonly string[] => entries.map(({ entryId }) => entryId);

const inOrder = (session: Session, queue: readonly Entry[], affected: readonly Entry[]): Arranged => {
  const deciding = new Deciding(session);
  deciding.reordered(idsOf(queue));
  return { ...deciding.decided('queue'), affected };
};

/**
 * Goes back to the newest entry of the history. The current one is not lost: it plays after that. An entry that waits in
 * the queue again, under a loop, leaves it. A loop of the track then repeats the entry that was gone back to.
 * @throws BailiwickError player.no-history
 */
export function previous(session: Session, nowMs: number): Arranged {
  const { current } = session;
  const [entry] = session.history;
  if (!entry || session.voiceChannel === null) {
    throw callerFault(playerErrorCodes.noHistory, 'Nothing has played before this track.', 409);
  }
  const deciding = new Deciding(session);
  deciding.tell({ type: 'WentBack', data: { entryId: entry.entryId } });
  if (current) deciding.tell({ type: 'TrackEnded', data: { track: current, ending: 'skipped' } });
  startOver(deciding, entry, nowMs);
  if (current && current.entryId !== entry.entryId)
    deciding.tell({ type: 'TracksReturned', data: { at: 0, tracks: [{ ...current, failures: 0 }] } });
  return { ...deciding.decided('track-end'), affected: [entry] };
}

/**
 * Plays the entry at this position (1 is next) at once. Those before it are passed over: they leave the queue without
 * entering the history, and under a loop of the queue go to its end, after the current track.
 */
export function skipTo(session: Session, position: number, nowMs: number): Arranged {
  const entry = entryAt(session, position);
  const passed = session.queue.slice(0, position - 1);
  const deciding = new Deciding(session);
  const back = past(deciding, 'skipped');
  startOver(deciding, entry, nowMs);
  if (session.loop !== 'queue') deciding.removed(idsOf(passed));
  if (back) returned(deciding, back);
  if (session.loop === 'queue') {
    deciding.reordered([...idsOf(deciding.session.queue).slice(passed.length), ...idsOf(passed)]);
    comeAgain(deciding, idsOf(passed));
  }
  return { ...deciding.decided('track-end'), affected: [entry] };
}

/** Removes everything that waits; the current track keeps playing. */
export function clear(session: Session): Arranged {
  mustHaveQueue(session);
  const deciding = new Deciding(session);
  deciding.removed(idsOf(session.queue));
  deciding.withOrder(null);
  deciding.withPages([]);
  return { ...deciding.decided('queue'), affected: session.queue };
}

/**
 * Puts the queue into a random order, and the pages behind it; the current track keeps playing. The order before the first shuffle is remembered.
 * `random` is from 0 to below 1.
 */
export function shuffle(session: Session, random: () => number): Arranged {
  mustHaveQueue(session);
  const queue = shuffled(session.queue, random);
  const deciding = new Deciding(session);
  deciding.withOrder(session.unshuffled ?? idsOf(session.queue));
  deciding.reordered(idsOf(queue));
  deciding.withPages(shuffled(session.later, random));
  return { ...deciding.decided('queue'), affected: queue };
}

/**
 * Restores the order before the queue was shuffled; what was added since follows, in its present order.
 * @throws BailiwickError player.not-shuffled
 */
export function unshuffle(session: Session): Arranged {
  mustHaveQueue(session);
  const { unshuffled } = session;
  if (!unshuffled) throw callerFault(playerErrorCodes.notShuffled, 'The queue is not shuffled.', 409);
  const ranks = new Map(unshuffled.map((entryId, rank) => [entryId, rank]));
  const rankOf = ({ entryId }: Entry) => ranks.get(entryId) ?? unshuffled.length;
  const queue = session.queue.toSorted((one, other) => rankOf(one) - rankOf(other));
  const deciding = new Deciding(session);
  deciding.reordered(idsOf(queue));
  deciding.withOrder(null);
  deciding.withPages(session.later.toSorted((one, other) => one.number - other.number));
  return { ...deciding.decided('queue'), affected: queue };
}

/** Where a button leads, which names no mode. */
export const nextLoop = { off: 'queue', queue: 'track', track: 'off' } as const satisfies Record<Loop, Loop>;

/** Repeats the current track, the whole queue, or nothing, from now on. */
export function setLoop(session: Session, loop: Loop): Arranged {
  const deciding = new Deciding(session);
  deciding.withLoop(loop);
  return { ...deciding.decided('queue'), affected: [] };
}

/** Moves the entry at one position to another; beyond the end is the end. Positions count from 1. */
export function moveAt(session: Session, from: number, to: number): Arranged {
  const entry = entryAt(session, from);
  const queue = session.queue.toSpliced(from - 1, 1).toSpliced(to - 1, 0, entry);
  return inOrder(session, queue, [entry]);
}

/** Exchanges the entries at two positions, which count from 1. */
export function swap(session: Session, first: number, second: number): Arranged {
  const [one, other] = [entryAt(session, first), entryAt(session, second)];
  const queue = session.queue.with(first - 1, other).with(second - 1, one);
  return inOrder(session, queue, [one, other]);
}

export type Selection =
  | { readonly position: number; readonly to?: number | undefined }
  | { readonly member: Snowflake }
  | { readonly which: 'duplicates' }
  | { readonly which: 'absent'; readonly isAbsent: (member: Snowflake) => boolean };

/**
 * Removes the entries that fit from the queue; the current track is skipped, not removed. `owner`: only this member's
 * may be removed. Of repeated tracks the first stays; an entry that nobody in Discord added belongs to no absent member.
 * @throws BailiwickError player.none-removed if none fits, player.not-yours if some do, but none is the owner's
 */
export function removeSelected(session: Session, selection: Selection, owner: Snowflake | undefined): Arranged {
  mustHaveQueue(session);
  const fitting = fittingOf(session, selection);
  const affected = owner === undefined ? fitting : fitting.filter(({ requestedBy }) => requestedBy === owner);
  const pages = session.later.filter(({ requestedBy }) => fitsPage(selection, requestedBy));
  const theirs = owner === undefined ? pages : pages.filter(({ requestedBy }) => requestedBy === owner);
  if (fitting.length + pages.length === 0)
    throw callerFault(playerErrorCodes.noneRemoved, 'No track in the queue matches that. See /queue.', 404);
  if (affected.length + theirs.length === 0)
    throw callerFault(playerErrorCodes.notYours, 'You may only remove tracks that you added yourself.', 403);
  const deciding = new Deciding(session);
  deciding.removed(idsOf(affected));
  deciding.withPages(session.later.filter((page) => !theirs.includes(page)));
  return { ...deciding.decided('queue'), affected };
}

/** Pages are of one member each, and go as a whole. */
function fitsPage(selection: Selection, requestedBy: Snowflake | null): boolean {
  if ('member' in selection) return requestedBy === selection.member;
  return 'isAbsent' in selection && requestedBy !== null && selection.isAbsent(requestedBy);
}

function fittingOf(session: Session, selection: Selection): readonly Entry[] {
  const { queue, current } = session;
  if ('position' in selection) {
    const { position, to = position } = selection;
    entryAt(session, Math.min(position, to));
    return queue.slice(Math.min(position, to) - 1, Math.max(position, to));
  }
  if ('member' in selection) return queue.filter(({ requestedBy }) => requestedBy === selection.member);
  if (selection.which === 'absent') {
    const { isAbsent } = selection;
    return queue.filter(({ requestedBy }) => requestedBy !== null && isAbsent(requestedBy));
  }
  const seen = new Set(current ? [recordingOf(current)] : []);
  return queue.filter((entry) => {
    const isRepeated = seen.has(recordingOf(entry));
    seen.add(recordingOf(entry));
    return isRepeated;
  });
}

/** Two entries with the same address are the same recording; without one, with the same encoded track. */
const recordingOf = ({ uri, encoded }: Entry): string => uri ?? encoded;

function entryAt({ queue }: Session, position: number): Entry {
  mustHaveQueue({ queue });
  const entry = queue[position - 1];
  if (entry) return entry;
  const message = `The queue has no position ${position}; the last is ${queue.length}. See /queue.`;
  throw callerFaultWith({ position, last: queue.length }, playerErrorCodes.noSuchPosition, message, 404);
}

function mustHaveQueue({ queue }: Pick<Session, 'queue'>): void {
  if (queue.length === 0)
    throw callerFault(playerErrorCodes.queueEmpty, 'The queue is empty. Use /play to add tracks.', 409);
}
