import { categoryNames, categoryOf, usableBy } from '#policies/commands.ts';
import { featuresOf } from '#policies/features.ts';
import type { Help } from '#services/contracts/help.ts';
import { descriptionIn, nameIn, type Category, type Command } from '../framework/command.ts';
import type { Words } from '../language/en.ts';
import { accent, type View } from './player-view.ts';

/** Every command by category, music by the categories that a policy may name; those that the rules of the server do not let the member use are marked, and those that the server does not have left out. */
export function helpView(
  { help, categories, language }: Words,
  all: readonly Command[],
  { usable, off }: Pick<Help, 'usable' | 'off'>,
): View {
  const commands = all.filter(({ name }) => !featuresOf(name).some((feature) => off.includes(feature)));
  const lineOf = (command: Command): string => {
    const allowed = usableBy(command.name).every((ruling) => usable.includes(ruling));
    return `${allowed ? '' : '🔒 '}\`/${nameIn(command, language)}\` ${descriptionIn(command, language)}`;
  };
  const inCategory = (category: Category) => commands.filter((command) => command.category === category);
  const music = categoryNames.map(
    (name) => [categories[name], inCategory('music').filter((command) => categoryOf(command.name) === name)] as const,
  );
  const others = help.categories satisfies Record<Exclude<Category, 'music'>, string>;
  const rest = Object.entries(others).map(([name, title]) => [title, inCategory(name as Category)] as const);
  const sections = [...music, ...rest].flatMap(([title, members]) =>
    members.length === 0 ? [] : `**${capitalised(title)}**\n${members.map(lineOf).join('\n')}`,
  );
  const footer = { text: help.locked };
  return {
    embeds: [{ color: accent, title: help.title, description: sections.join('\n\n'), footer }],
    components: [],
  };
}

const capitalised = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
