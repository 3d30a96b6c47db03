import { Command } from 'commander';
import { callerFault } from '#infra/kernel/errors.ts';

/** `bailiwick help policy set`: help for a command at any depth. */
export function helpCommand(program: Command): Command {
  return new Command('help')
    .argument('[command...]', 'the command; default: all of them')
    .description('describe a command, with an example')
    .addHelpText('after', '\nExample:\n  bailiwick help policy set')
    .action((names: readonly string[]) => {
      const found = names.reduce((command: Command, name) => commandOf(command, name), program);
      found.outputHelp();
    });
}

function commandOf(parent: Command, name: string): Command {
  const found = parent.commands.find((each) => each.name() === name || each.aliases().includes(name));
  if (found) return found;
  const known = parent.commands.map((each) => each.name()).join(', ');
  throw callerFault('cli.usage', `There is no command ${name}${known === '' ? '' : `; the commands are ${known}`}.`);
}
