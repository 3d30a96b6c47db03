import process from 'node:process';
import { Command } from 'commander';
import colors from 'picocolors';
import { callerFault } from '#infra/kernel/errors.ts';
import { createOperations, type ProcessHealth } from '#infra/observability/operations.ts';
import { exitCodes } from '../exit-codes.ts';
import { print } from '../output.ts';
import { placesIn, readRun } from '../up/data-folder.ts';
import { planPorts, processPorts } from '../up/ports.ts';

interface Flags {
  readonly data: string;
  readonly json?: boolean;
}

/** `bailiwick status`: how each process of the installation in a data folder says it is. */
export function statusCommand(exit: (code: number) => void): Command {
  return new Command('status')
    .description('how each process of an installation on this machine is, and why')
    .option('--data <folder>', 'the data folder of the installation', '.bailiwick')
    .option('--json', 'everything that the processes tell')
    .addHelpText('after', '\nExample:\n  bailiwick status --data .bailiwick')
    .action(async ({ data, json }: Flags) => {
      const report = await statusOf(data);
      if (json) print(report);
      else process.stdout.write(`${describe(report)}\n`);
      exit(report.status === 'healthy' ? exitCodes.done : exitCodes.notWell);
    });
}

type Status = ProcessHealth['status'];
interface StatusReport {
  readonly data: string;
  readonly pid: number;
  readonly mode: 'live' | 'sandbox';
  /** The worst of the processes'. */
  readonly status: Status;
  readonly processes: readonly ProcessHealth[];
}

const worse: readonly Status[] = ['healthy', 'degraded', 'unhealthy', 'unreachable'];

/** @throws BailiwickError cli.not-running */
async function statusOf(data: string): Promise<StatusReport> {
  const places = placesIn(data);
  const run = await readRun(places);
  if (!run?.alive) {
    const unclean = run ? ' The last run did not stop cleanly; the next start recovers.' : '';
    throw callerFault('cli.not-running', `Nothing runs from ${places.path}: start it with \`npm start\`.${unclean}`);
  }
  const plan = planPorts(run.ports);
  const asked = processPorts.map(([name, port]) => ({ name, url: `http://127.0.0.1:${plan.ops(port)}` }));
  await using operations = createOperations(asked);
  const processes = await operations.health();
  const status = worse.findLast((each) => processes.some((one) => one.status === each)) ?? 'healthy';
  return { data: places.path, pid: run.pid, mode: run.live ? 'live' : 'sandbox', status, processes };
}

const marks: Readonly<Record<Status, string>> = {
  healthy: colors.green('✓'),
  degraded: colors.yellow('!'),
  unhealthy: colors.red('✗'),
  unreachable: colors.red('✗'),
};

function describe({ data, pid, mode, status, processes }: StatusReport): string {
  const width = Math.max(...processes.map(({ name }) => name.length));
  const lines = processes.flatMap((each) => [
    `  ${marks[each.status]} ${each.name.padEnd(width)}  ${each.status}`,
    ...each.causes
      .filter((cause) => cause.status !== 'healthy')
      .map((cause) => `      ${cause.name}: ${cause.message ?? cause.status}`),
  ]);
  return [`${colors.bold(status)}  ${data} (process ${pid}, ${mode})`, ...lines].join('\n');
}
