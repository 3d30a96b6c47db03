import process from 'node:process';
import { Command, CommanderError } from 'commander';
import colors from 'picocolors';
import { toProblem } from '#infra/kernel/problem.ts';
import { redactText } from '#infra/logger/logger.ts';
import { harmless } from './output.ts';
import { exitCodeOf, exitCodes, exitCodesHelp } from './exit-codes.ts';
import { apiKeyCommands } from './commands/api-key.ts';
import { auditCommands } from './commands/audit.ts';
import { completionCommand } from './commands/completion.ts';
import { deletionsCommands } from './commands/deletions.ts';
import { doctorCommand } from './commands/doctor.ts';
import { eraseMemberCommand } from './commands/erase-member.ts';
import { explainCommand } from './commands/explain.ts';
import { featureCommands } from './commands/feature.ts';
import { helpCommand } from './commands/help.ts';
import { memberCommands } from './commands/member.ts';
import { keysCommands } from './commands/keys.ts';
import { machinesCommands } from './commands/machines.ts';
import { nodesCommands } from './commands/nodes.ts';
import { operatorCommands } from './commands/operator.ts';
import { workflowCommands } from './commands/workflow.ts';
import { playerCommands } from './commands/player.ts';
import { policyCommands } from './commands/policy.ts';
import { sessionCommands } from './commands/session.ts';
import { settingsCommands } from './commands/settings.ts';
import { signInCommand } from './commands/sign-in.ts';
import { statusCommand } from './commands/status.ts';
import { tenantCommands } from './commands/tenant.ts';
import { projectionCommands } from './commands/projection.ts';
import { recentPlaysCommand } from './commands/recent-plays.ts';
import { statisticsCommand } from './commands/statistics.ts';
import { timelineCommand } from './commands/timeline.ts';
import { upCommand } from './commands/up.ts';
import { eventCommands } from './commands/events.ts';
import { scheduleCommands } from './commands/schedule.ts';
import { webhookCommands } from './commands/webhook.ts';
import { verifyDeletionCommand } from './commands/verify-deletion.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { plainError } from './plain-error.ts';
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

/** Every command, with its options; each reports its exit code to `exit`. */
export function createProgram(exit: (code: number) => void): Command {
  const program = new Command('bailiwick').description(
    'White-label Discord music bots as a zero-trust, multi-tenant service',
  );
  program
    .version(packageJson.version, '-V, --version', 'show the version')
    // Without it, `policy get --version 3` would print our own version.
    .enablePositionalOptions()
    .addHelpText('after', exitCodesHelp)
    .helpCommand(false);
  for (const command of [
    upCommand(exit),
    statusCommand(exit),
    doctorCommand(exit),
    signInCommand(),
    ...sessionCommands(),
    operatorCommands(),
    machinesCommands(),
    nodesCommands(),
    workflowCommands(),
    keysCommands(),
    tenantCommands(),
    memberCommands(),
    apiKeyCommands(),
    webhookCommands(),
    scheduleCommands(),
    projectionCommands(),
    eventCommands(),
    playerCommands(),
    policyCommands(),
    settingsCommands(),
    featureCommands(),
    auditCommands(exit),
    timelineCommand(),
    statisticsCommand(),
    recentPlaysCommand(),
    eraseMemberCommand(),
    deletionsCommands(),
    verifyDeletionCommand(exit),
    explainCommand(),
    completionCommand(program),
    helpCommand(program),
  ]) {
    program.addCommand(command);
  }
  for (const command of everyCommand(program)) tellOnce(command);
  return program;
}

/** Throws what commander would print about a mistake, so that it is reported like every other error. */
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

/** This command and all its descendants. */
export function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/** For people one line, with the faults below it; for scripts (`--json`) the problem as the API gives it (RFC 9457). */
function explain(error: unknown, forScripts: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  const told = plainError(error);
  if (forScripts) {
    process.stderr.write(`${redactText(JSON.stringify(toProblem(told)))}\n`);
    return exitCodeOf(told);
  }
  process.stderr.write(`${colors.red('✗')} ${harmless(redactText(told.message))}\n`);
  for (const fault of told.faults ?? [])
    process.stderr.write(`    ${harmless(`${fault.at}  ${redactText(fault.message)}`)}\n`);
  return exitCodeOf(told);
}
