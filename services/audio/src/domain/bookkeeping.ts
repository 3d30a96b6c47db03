import { isDeepStrictEqual } from 'node:util';
import { alsoTelling, Deciding } from './deciding.ts';
import { remember, type DoneRequest } from './idempotency.ts';
import { unchanged, type Change, type Session } from './session.ts';

/** What is noted of a session without anybody hearing or seeing a difference. */

/** The now-playing message is there now; null: there is none. */
export function setMessage(session: Session, message: Session['message']): Change {
  if (isDeepStrictEqual(message, session.message)) return unchanged(session);
  const deciding = new Deciding(session);
  deciding.tell({ type: 'MessageChanged', data: { message } });
  return deciding.decided();
}

/** The node that has the current track; null: none has. */
export function playedBy(session: Session, node: string | null): Change {
  if (session.node === node) return unchanged(session);
  const deciding = new Deciding(session);
  deciding.tell({ type: 'NodeChosen', data: { node } });
  return deciding.decided();
}

/** The same change, as what this request led to. @throws BailiwickError player.busy (429) */
export function asRequested(change: Change, done: DoneRequest): Change {
  remember(change.session.doneRequests, done);
  return alsoTelling(change, { type: 'RequestDone', data: done });
}

/** The same change, with whether anybody listens as it is stored. */
export const asHeard = (change: Change, heard: boolean): Change =>
  change.session.heard === heard ? change : alsoTelling(change, { type: 'ListenersNoted', data: { heard } });
