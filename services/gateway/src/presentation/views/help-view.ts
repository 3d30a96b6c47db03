import { usableBy } from '#policies/commands.ts';
import { descriptionIn, nameIn, type Category, type Command } from '../framework/command.ts';
import type { Words } from '../language/en.ts';
import { accent, type View } from './player-view.ts';

/** Every command by category; those that the rules of the server do not let the member use are marked. */
export function helpView({ help, language }: Words, commands: readonly Command[], usable: readonly string[]): View {
  const lineOf = (command: Command): string => {
    const allowed = usableBy(command.name).every((ruling) => usable.includes(ruling));
    return `${allowed ? '' : '🔒 '}\`/${nameIn(command, language)}\` ${descriptionIn(command, language)}`;
  };
  const sections = Object.entries(help.categories satisfies Record<Category, string>).map(([category, title]) => {
    const lines = commands.filter((command) => command.category === category).map(lineOf);
    return `**${title}**\n${lines.join('\n')}`;
  });
  const footer = { text: help.locked };
  return {
    embeds: [{ color: accent, title: help.title, description: sections.join('\n\n'), footer }],
    components: [],
  };
}
