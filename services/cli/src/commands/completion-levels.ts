import type { Command, Option } from 'commander';

/** What the next word may be: one of a list, a tenant, a file, or something that cannot be guessed. */
export type Expected = readonly string[] | 'tenant' | 'file' | 'unknown';

export interface Level {
  /** The words before it, without options: `audit export`. */
  readonly path: string;
  readonly commands: readonly string[];
  /** One per command, in the same order. */
  readonly descriptions: readonly string[];
  readonly options: readonly string[];
  /** As commander describes them; `--help` is not among them. */
  readonly described: readonly Option[];
  /** Options that take a value. */
  readonly valued: readonly { readonly names: readonly string[]; readonly value: Expected }[];
  /** The positional arguments, in order. */
  readonly positions: readonly Expected[];
}

export function levelsOf(command: Command, before: readonly string[] = []): Level[] {
  const { commands, options, registeredArguments } = command;
  const level = {
    path: before.join(' '),
    commands: commands.map((each) => each.name()),
    descriptions: commands.map((each) => each.description()),
    described: options,
    options: [...options.flatMap(namesOf), '--help'],
    valued: options
      .filter((option) => option.required || option.optional)
      .map((option) => ({ names: namesOf(option), value: expectedOf(option) })),
    positions: registeredArguments.map((argument) => argument.argChoices ?? guess(argument.name())),
  };
  const below = commands.flatMap((each) => spellingsOf(each).flatMap((name) => levelsOf(each, [...before, name])));
  return [level, ...below];
}

const namesOf = (option: Option): string[] => [option.short, option.long].flatMap((name) => name ?? []);
const spellingsOf = (command: Command): string[] => [command.name(), ...command.aliases()];

/** Guessed from the name that the help shows. */
function guess(name: string): Expected {
  if (/\bfile|folder|^other$/.test(name)) return 'file';
  return name === 'tenant' ? 'tenant' : 'unknown';
}

export const expectedOf = (option: Option): Expected => option.argChoices ?? guess(option.flags);
