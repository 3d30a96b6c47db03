import { longestName, type LibraryChangeResponse } from '#services/contracts/library.ts';
import type { Command } from '../framework/command.ts';
import { text } from '../framework/options.ts';
import type { Words } from '../language/en.ts';
import { nameOf } from '../views/library-view.ts';
import { group, itsName, says } from './playlist-texts.ts';

/** What the commands of playlists have in common. */
export const shared = {
  group,
  says,
  category: 'library',
  rateLimit: { uses: 20, windowSec: 30, per: 'user' },
} as const;

/** The playlists whose names contain what is typed. */
export const complete: NonNullable<Command['complete']> = async ({ library, on, ownWords }, typed) => {
  const wanted = typed.trim().toLowerCase();
  const lists = await library.playlists(on);
  return lists
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .map(({ name, length }) => ({ name: `${name} · ${ownWords.tracks(length)}`, value: name }));
};

export const named = text({ texts: itsName, maxLength: longestName, complete: true, required: true });
export const newlyNamed = { maxLength: longestName, complete: false, required: true } as const;

/** How many tracks were left out, and why. */
export const leftOutLine = (
  { enqueue }: Words,
  { reason, count }: { readonly reason: keyof Words['enqueue']['reasons']; readonly count: number },
): string => enqueue.leftOut(count, enqueue.reasons[reason]);

/** A sentence, and what of the tracks was left out. */
export const added = (words: Words, { leftOut }: LibraryChangeResponse, sentence: string): string =>
  [sentence, ...leftOut.map((left) => leftOutLine(words, left))].join('\n');

/** A playlist was made with these tracks. */
export const filled = (words: Words, list: LibraryChangeResponse): string =>
  added(words, list, says[words.language].filled(nameOf(words, list.name), words.tracks(list.count)));
