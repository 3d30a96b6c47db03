import process from 'node:process';
import { Command, CommanderError } from 'commander';
import colors from 'picocolors';
import { BailiwickError } from '#infra/kernel/errors.ts';
import { redactText } from '#infra/logger/logger.ts';
import { auditCommands } from './commands/audit.ts';
import { explainCommand } from './commands/explain.ts';
import { policyCommands } from './commands/policy.ts';
import { sessionCommands } from './commands/session.ts';
import { tenantCommands } from './commands/tenant.ts';
import { upCommand } from './commands/up.ts';

/** Exit codes: 0 done, 1 refused or not true (a verification that fails), 2 used wrongly, 3 the platform is at fault. */
const exitCodes = { done: 0, refused: 1, usage: 2, platform: 3 } as const;

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
        return explain(error);
      }
    },
  };
}

function createProgram(exit: (code: number) => void): Command {
  const program = new Command('bailiwick').description(
    'White-label Discord music bots that nothing on the way has to trust',
  );
  program.addCommand(upCommand(exit));
  for (const command of [
    ...sessionCommands(),
    tenantCommands(),
    policyCommands(),
    auditCommands(exit),
    explainCommand(),
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

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${colors.red('✗')} ${redactText(message)}\n`);
  if (!(error instanceof BailiwickError)) return exitCodes.platform;
  for (const fault of error.faults ?? []) process.stderr.write(`    ${fault.at}  ${fault.message}\n`);
  return error.owner === 'caller' ? exitCodes.refused : exitCodes.platform;
}
