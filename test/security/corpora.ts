import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A literal text, or one to be composed: `head`, then `repeat` a number of times, then `tail`. */
type Text =
  | string
  | { readonly head?: string; readonly repeat: string; readonly times: number; readonly tail?: string };

interface NameCase {
  readonly name: string;
  readonly text: string;
  /** The stored form if it is chosen here; null if it is refused. */
  readonly chosen: string | null;
  /** How it is displayed if it was chosen elsewhere, in at most 200 characters; empty if nothing would be visible. */
  readonly shown: string;
}

interface TitleCase {
  readonly name: string;
  readonly text: string;
  /** The title as stored in the queue. */
  readonly stored: string;
  /** What the bot writes to Discord, at most 80 UTF-16 units before escaping. */
  readonly inDiscord: string;
}

type Written<Case> = { readonly [Key in keyof Case]: Key extends 'name' ? string : Exclude<Case[Key], string> | Text };

// Not imported, because the test runner's JSON loader does not accept lone surrogates.
const read = <Case>(file: string): readonly Written<Case>[] =>
  JSON.parse(readFileSync(path.join(import.meta.dirname, 'cases', file), 'utf8')) as readonly Written<Case>[];

const written = (text: Text): string =>
  typeof text === 'string' ? text : `${text.head ?? ''}${text.repeat.repeat(text.times)}${text.tail ?? ''}`;

export const nameCases: readonly NameCase[] = read<NameCase>('names.json').map(({ name, text, chosen, shown }) => ({
  name,
  text: written(text),
  chosen: chosen === null ? null : written(chosen),
  shown: written(shown),
}));

/** Every name can be a title too, and is displayed in the same way. */
export const titleCases: readonly TitleCase[] = read<TitleCase>('titles.json').map(
  ({ name, text, stored, inDiscord }) => ({
    name,
    text: written(text),
    stored: written(stored),
    inDiscord: written(inDiscord),
  }),
);
