import { ruledBy } from '#policies/commands.ts';
import type { Category, Command } from '../framework/command.ts';
import { accent, type View } from './player-view.ts';

const categories = {
  music: 'Music',
  information: 'Information',
  library: 'Favourites and playlists',
} as const satisfies Readonly<Record<Category, string>>;

/** Every command by category; those that the rules of the server do not let the member use are marked. */
export function helpView(commands: readonly Command[], usable: readonly string[]): View {
  const sections = Object.entries(categories).map(([category, title]) => {
    const lines = commands.filter((command) => command.category === category).map((command) => lineOf(command, usable));
    return `**${title}**\n${lines.join('\n')}`;
  });
  const footer = { text: '🔒 The rules of this server do not let you use it in this channel.' };
  return { embeds: [{ color: accent, title: 'Commands', description: sections.join('\n\n'), footer }], components: [] };
}

function lineOf({ name, description }: Command, usable: readonly string[]): string {
  const allowed = ruledBy(name).every((ruling) => usable.includes(ruling));
  return `${allowed ? '' : '🔒 '}\`/${name}\` ${description}`;
}
