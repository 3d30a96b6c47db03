import { commandNames } from '#policies/commands.ts';
import { menus } from '#policies/menus.ts';

/** The commands as Discord lists them: those with subcommands once, and the entries of menus. */
export const shownCommands: readonly string[] = [
  ...new Set(commandNames.map((name) => name.split(' ', 1)[0] ?? name)),
  ...Object.keys(menus),
];
