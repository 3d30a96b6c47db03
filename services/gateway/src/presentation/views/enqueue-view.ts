import type { EnqueueResponse } from '#services/contracts/player.ts';
import type { Words } from '../language/en.ts';
import { reasonIn } from '../language/fill.ts';
import { nameOf } from './library-view.ts';
import { isWaiting, linked, whyOf } from './player-view.ts';

/** What was added, and what was not. */
export function describe(words: Words, response: EnqueueResponse, placement?: 'next' | 'now'): string {
  const { added, addedCount, leftOut, refused, refusedWhy, playlistName, player } = response;
  const said = words.enqueue;
  const rest = leftOut.map(({ reason, count }) => `\n${said.leftOut(count, said.reasons[reason])}`).join('');
  const [first] = added;
  if (!first) return `${said.nothing}${rest}`;
  const refusal = refused === null ? undefined : reasonIn(words, { reason: refused, why: refusedWhy });
  if (playlistName !== null) {
    const list = said.list(words.tracks(addedCount), nameOf(words, playlistName));
    return `${list}${rest}${refusal === undefined ? '' : `\n${refusal}`}`;
  }
  if (refusal !== undefined)
    return addedCount > 1 ? `${said.several(words.tracks(addedCount))}${rest}\n${refusal}` : refusal;
  if (addedCount > 1) return `${said.several(words.tracks(addedCount))}${rest}`;
  const title = linked(words, first);
  if (player.current?.entryId === first.entryId)
    return isWaiting(player) ? `${said.waiting(title)}${whyOf(words, player)}` : said.playing(title);
  if (placement === 'next') return `${said.next(title)}${whyOf(words, player)}`;
  const index = player.queue.findIndex(({ entryId }) => entryId === first.entryId);
  return `${said.at(title, index < 0 ? player.queueLength + (player.later ?? 0) : index + 1)}${whyOf(words, player)}`;
}
