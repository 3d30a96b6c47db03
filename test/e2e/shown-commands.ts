import { commandNames } from '#policies/commands.ts';

/** The commands as Discord lists them: those with subcommands once. */
export const shownCommands: readonly string[] = [...new Set(commandNames.map((name) => name.split(' ', 1)[0] ?? name))];
