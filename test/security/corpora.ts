import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A literal text, or a generated one: `head`, `repeat` a number of times, `tail`. */
type Text =
  | string
  | { readonly head?: string; readonly repeat: string; readonly times: number; readonly tail?: string };

interface NameCase {
  readonly name: string;
  readonly text: string;
  /** The result if somebody chooses it here; null if it is refused. */
  readonly chosen: string | null;
  /** What is shown of it if it was chosen elsewhere, in at most 200 characters; empty if nothing is visible. */
  readonly shown: string;
}

interface TitleCase {
  readonly name: string;
  readonly text: string;
  /** The title in the queue. */
  readonly stored: string;
  /** What the bot writes to Discord, of at most 80 UTF-16 units before escaping. */
  readonly inDiscord: string;
}

type Written<Case> = { readonly [Key in keyof Case]: Key extends 'name' ? string : Exclude<Case[Key], string> | Text };

// Not imported: the test runner's JSON parser does not accept half of a surrogate pair.
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

/** Every name may be a title, and is shown there as it is anywhere. */
export const titleCases: readonly TitleCase[] = read<TitleCase>('titles.json').map(
  ({ name, text, stored, inDiscord }) => ({
    name,
    text: written(text),
    stored: written(stored),
    inDiscord: written(inDiscord),
  }),
);
