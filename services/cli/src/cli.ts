import process from 'node:process';
import { Command, CommanderError } from 'commander';
import colors from 'picocolors';
import { BailiwickError } from '#infra/kernel/errors.ts';
import { toProblem } from '#infra/kernel/problem.ts';
import { redactText } from '#infra/logger/logger.ts';
import { harmless } from './output.ts';
import { exitCodeOf, exitCodes, exitCodesHelp } from './exit-codes.ts';
import { auditCommands } from './commands/audit.ts';
import { completionCommand } from './commands/completion.ts';
import { doctorCommand } from './commands/doctor.ts';
import { explainCommand } from './commands/explain.ts';
import { helpCommand } from './commands/help.ts';
import { policyCommands } from './commands/policy.ts';
import { sessionCommands } from './commands/session.ts';
import { statusCommand } from './commands/status.ts';
import { tenantCommands } from './commands/tenant.ts';
import { upCommand } from './commands/up.ts';
import { usedWrongly } from './used-wrongly.ts';

/** The `bailiwick` command; `run` resolves with the exit code and throws nothing. */
export function createCli(): { run(args: readonly string[]): Promise<number> } {
  return {
    async run(args) {
      let exitCode: number = exitCodes.done;
      const program = createProgram((code) => {
        exitCode = code;
      });
      try {
        await program.parseAsync([...args], { from: 'user' });
        return exitCode;
      } catch (error) {
        return explain(error, args.includes('--json'));
      }
    },
  };
}

/** Every command there is, with its options; what it exits with is told to `exit`. */
export function createProgram(exit: (code: number) => void): Command {
  const program = new Command('bailiwick').description(
    'White-label Discord music bots that nothing on the way has to trust',
  );
  program.addHelpText('after', exitCodesHelp).helpCommand(false);
  for (const command of [
    upCommand(exit),
    statusCommand(exit),
    doctorCommand(exit),
    ...sessionCommands(),
    tenantCommands(),
    policyCommands(),
    auditCommands(exit),
    explainCommand(),
    completionCommand(program),
    helpCommand(program),
  ]) {
    program.addCommand(command);
  }
  for (const command of everyCommand(program)) tellOnce(command);
  return program;
}

/** What commander would print of a mistake is thrown instead, and told where every other error is. */
function tellOnce(command: Command): void {
  command
    .helpCommand(false)
    .configureHelp({
      subcommandTerm: (sub) => `${sub.name()} ${sub.usage().replace(/ ?\[(options|command)\] ?/g, '')}`.trim(),
    })
    .configureOutput({ outputError: () => undefined })
    .exitOverride((error) => {
      throw error.exitCode === 0 || error.code === 'commander.help' ? error : usedWrongly(error, command);
    });
}

/** This one and all below it. */
export function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/** One line for people, and the faults below it; for scripts (`--json`) the problem as the API has it (RFC 9457). */
function explain(error: unknown, forScripts: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (forScripts) {
    process.stderr.write(`${redactText(JSON.stringify(toProblem(error)))}\n`);
    return exitCodeOf(error);
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${colors.red('✗')} ${harmless(redactText(message))}\n`);
  const faults = (error instanceof BailiwickError && error.faults) || [];
  for (const fault of faults) process.stderr.write(`    ${harmless(`${fault.at}  ${redactText(fault.message)}`)}\n`);
  return exitCodeOf(error);
}
