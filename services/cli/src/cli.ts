import process from 'node:process';
import { Command, CommanderError } from 'commander';
import colors from 'picocolors';
import { BailiwickError } from '#infra/kernel/errors.ts';
import { toProblem } from '#infra/kernel/problem.ts';
import { redactText } from '#infra/logger/logger.ts';
import { exitCodes, exitCodesHelp } from './exit-codes.ts';
import { auditCommands } from './commands/audit.ts';
import { completionCommand } from './commands/completion.ts';
import { doctorCommand } from './commands/doctor.ts';
import { explainCommand } from './commands/explain.ts';
import { policyCommands } from './commands/policy.ts';
import { sessionCommands } from './commands/session.ts';
import { statusCommand } from './commands/status.ts';
import { tenantCommands } from './commands/tenant.ts';
import { upCommand } from './commands/up.ts';

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

function createProgram(exit: (code: number) => void): Command {
  const program = new Command('bailiwick').description(
    'White-label Discord music bots that nothing on the way has to trust',
  );
  program.addHelpText('after', exitCodesHelp);
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
  ]) {
    program.addCommand(command);
  }
  for (const command of everyCommand(program)) {
    command.exitOverride().showHelpAfterError('(add --help for what this command takes)');
  }
  return program;
}

function everyCommand(command: Command): Command[] {
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
  process.stderr.write(`${colors.red('✗')} ${redactText(message)}\n`);
  const faults = (error instanceof BailiwickError && error.faults) || [];
  for (const fault of faults) process.stderr.write(`    ${fault.at}  ${redactText(fault.message)}\n`);
  return exitCodeOf(error);
}

const exitCodeOf = (error: unknown): number =>
  error instanceof BailiwickError && error.owner === 'caller' ? exitCodes.refused : exitCodes.platform;
