import type { Command, CommanderError } from 'commander';
import { callerFault, type BailiwickError } from '#infra/kernel/errors.ts';

/** Turns commander's error of several lines into one line that ends with what to do. */
export function usedWrongly(error: CommanderError, command: Command): BailiwickError {
  const [what = '', ...hints] = error.message.replace(/^error: /, '').split('\n');
  // Commander's own suggestion: "(Did you mean --json?)".
  const nearest = hints.map((hint) => hint.replace(/^\((.*)\)$/, '$1')).join(' ');
  const sentences = [what.replace(/\.$/, ''), nearest, `See \`${pathOf(command)} --help\`.`].filter(Boolean);
  const [first = '', ...others] = sentences;
  return callerFault('cli.usage', [`${first.charAt(0).toUpperCase()}${first.slice(1)}.`, ...others].join(' '));
}

const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
