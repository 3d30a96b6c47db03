import type { Snowflake } from '#infra/kernel/ids.ts';
import { alsoTelling, Deciding } from './deciding.ts';
import type { Entry } from './entry.ts';
import { withTurns } from './fair-queue.ts';
import { historyLimit } from './evolve.ts';
import { follow } from './playing.ts';
import { addTo, inRounds, playlistLimit, queueLimit } from './queueing.ts';
import type { Change, Session } from './session.ts';

/**
 * A part of a long playlist that waits beside the queue, for when that is short: a session is stored as a whole with every
 * change, and so has to stay small.
 */
export interface Page {
  /** `page_…`: where its tracks are kept (application/long-queues.ts). */
  readonly id: string;
  /** Its place among the others before they were shuffled. */
  readonly number: number;
  readonly count: number;
  readonly requestedBy: Snowflake | null;
}

/** Of a queue: many requests of a few tracks more than fit into it would make as many pages. */
export const mostPages = 40;

/** The next page comes when fewer than these wait in the queue. */
const fewWaiting = 100;

/** Tracks in pages; of one member alone if they are named. */
export const countLater = ({ later }: Pick<Session, 'later'>, member?: Snowflake): number =>
  later.reduce((sum, { count, requestedBy }) => sum + (!member || member === requestedBy ? count : 0), 0);

/** Whether the next page has its turn: what has played under a loop comes again behind it. */
export const needsPage = ({ queue, later }: Pick<Session, 'queue' | 'later'>): boolean =>
  later.length > 0 && queue.filter(({ again }) => again !== true).length < fewWaiting;

/**
 * What has played under a loop of the queue and is to wait in a page again, once that would fill one: of the member who has most of it, as a page is
 * of one member. What is still in the history stays in the queue, for /previous.
 */
export function pageOfPlayed({ queue, later }: Pick<Session, 'queue' | 'later'>): readonly Entry[] {
  if (later.length === 0 || later.length >= mostPages || queue.length < playlistLimit + historyLimit) return [];
  const played = queue.filter(({ again }) => again === true).slice(0, -historyLimit);
  if (played.length < playlistLimit) return [];
  const [most = []] = [...Map.groupBy(played, ({ requestedBy }) => requestedBy).values()].toSorted(
    (one, other) => other.length - one.length,
  );
  return most.slice(0, playlistLimit);
}

/** These entries of the queue wait in these pages, behind the others. */
export function putIntoPages(session: Session, entries: readonly Entry[], pages: readonly Page[]): Change {
  const deciding = new Deciding(session);
  deciding.removed(entries.map(({ entryId }) => entryId));
  deciding.withPages([...session.later, ...pages]);
  return deciding.decided('queue');
}

/** Whether at least one more track can wait. */
export const hasRoom = ({ queue, later }: Pick<Session, 'queue' | 'later'>): boolean =>
  queue.length < queueLimit || later.length < mostPages;

/** Pages for as many of these entries as there may be pages for. */
export function pagesOf(
  { later }: Pick<Session, 'later'>,
  entries: readonly Entry[],
  newPageId: () => string,
): { readonly page: Page; readonly entries: readonly Entry[] }[] {
  const first = Math.max(0, ...later.map(({ number }) => number)) + 1;
  const length = Math.min(Math.ceil(entries.length / playlistLimit), Math.max(0, mostPages - later.length));
  return Array.from({ length }, (_, index) => {
    const some = entries.slice(index * playlistLimit, (index + 1) * playlistLimit);
    const requestedBy = some[0]?.requestedBy ?? null;
    return { page: { id: newPageId(), number: first + index, count: some.length, requestedBy }, entries: some };
  });
}

/**
 * The tracks of the next page wait in the queue, in a random order if that was shuffled; the first of them plays if the
 * music ended for want of them. `random` is from 0 to below 1.
 */
export function withNextPage(
  session: Session,
  entries: readonly Entry[],
  { inTurn, random }: { readonly inTurn: boolean; readonly random: () => number },
  nowMs: number,
): Change {
  const [page, ...later] = session.later;
  const theirs = entries.map((entry): Entry => ({ ...entry, requestedBy: page?.requestedBy ?? null }));
  const added = session.unshuffled ? shuffled(theirs, random) : theirs;
  const { first, again } = inRounds(session);
  const waiting = inTurn ? withTurns({ ...session, queue: first }, added) : [...first, ...added];
  const deciding = new Deciding(session);
  deciding.withPages(later);
  addTo(deciding, added, [...waiting, ...again]);
  const hasEnded = session.current === null && session.voiceChannel !== null && session.reason === null;
  if (hasEnded) follow(deciding, undefined, nowMs);
  return deciding.decided('queue');
}

/** The same change, with these pages behind those that wait. */
export function withPages<Decided extends Change>(change: Decided, added: readonly Page[]): Decided {
  if (added.length === 0) return change;
  return alsoTelling(change, { type: 'PagesChanged', data: { pages: [...change.session.later, ...added] } });
}

/** In a random order. `random` is from 0 to below 1. */
export function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other] as Item, mixed[last] as Item];
  }
  return mixed;
}
