import type { Entry } from './entry.ts';
import type { Session } from './session.ts';

/**
 * The queue with these entries where members take turns: the first that a member has waiting comes before the second of
 * anybody, and so on; the current track counts as one of its member's. Nobody's entries change their order, and what
 * others have moved stays where it is as far as that allows.
 */
export function withTurns({ current, queue }: Pick<Session, 'current' | 'queue'>, added: readonly Entry[]): Entry[] {
  const turns = new Turns(current);
  const waiting = queue.map((entry) => ({ entry, turn: turns.next(entry) }));
  for (const entry of added) {
    const turn = turns.next(entry);
    const own = waiting.findLastIndex((each) => each.entry.requestedBy === entry.requestedBy);
    const place = waiting.findIndex((each, index) => index > own && each.turn > turn);
    waiting.splice(place === -1 ? waiting.length : place, 0, { entry, turn });
  }
  return waiting.map(({ entry }) => entry);
}

/** Counts each member's entries; what nobody in Discord asked for has turns of its own. */
class Turns {
  readonly #counts = new Map<Entry['requestedBy'], number>();

  constructor(current: Entry | null) {
    if (current) this.next(current);
  }

  next({ requestedBy }: Entry): number {
    const turn = this.#counts.get(requestedBy) ?? 0;
    this.#counts.set(requestedBy, turn + 1);
    return turn;
  }
}
