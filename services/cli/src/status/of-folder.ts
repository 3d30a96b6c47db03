import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { callerFault } from '#infra/kernel/errors.ts';
import { createOperations } from '#infra/observability/operations.ts';
import { custodiansOf } from '#security/keyring/custodian-report.ts';
import { dataPathsIn, type DataPaths } from '../up/data-folder.ts';
import { planPorts, type PortPlan } from '../up/ports.ts';
import { readRun, type Run } from '../up/run-lock.ts';
import { worstOf, type Part, type StatusReport } from './report.ts';

const host = '127.0.0.1';
const timeoutMs = 3_000;

/**
 * The status of each part of the installation in a data folder, from its operations listener.
 * @throws BailiwickError cli.not-running
 */
export async function statusOfFolder(data: string): Promise<StatusReport> {
  const dataPaths = dataPathsIn(data);
  const run = await runningFrom(dataPaths);
  const plan = planPorts(run.ports, run.replicas);
  const parts = (await Promise.all([processes(plan), database(dataPaths, plan), sandbox(run, plan)])).flat();
  const mode = run.live ? 'live' : 'sandbox';
  return {
    of: dataPaths.path,
    about: `process ${run.pid}, ${mode}`,
    status: worstOf(parts),
    parts,
    custodians: custodiansOf(parts),
  };
}

/** @throws BailiwickError cli.not-running, cli.damaged-lock */
export async function runningFrom(dataPaths: DataPaths): Promise<Run> {
  const run = await readRun(dataPaths);
  if (!run?.alive) {
    const unclean = run ? ' The last run did not stop cleanly; the next start recovers.' : '';
    throw callerFault(
      'cli.not-running',
      `Nothing runs from ${dataPaths.path}: start it with \`npm start\`.${unclean}`,
      503,
    );
  }
  if (run.damaged) {
    const message = `Process ${run.pid} runs from ${dataPaths.path}, but its running.pid was emptied, changed or removed, so nothing says on which ports: stop it (kill ${run.pid}) and start it again.`;
    throw callerFault('cli.damaged-lock', message, 503);
  }
  return run;
}

async function processes(plan: PortPlan): Promise<Part[]> {
  const asked = plan.processes.map(([name, port]) => ({ name, url: `http://${host}:${plan.ops(port)}` }));
  await using operations = createOperations(asked);
  const answers = await operations.health();
  const addresses = new Map(plan.processes.map(([name, port]) => [name, `${host}:${plan.ports[port]}`]));
  return answers.map((answer) => ({ ...answer, address: addresses.get(answer.name) ?? '' }));
}

/** The embedded database; an external one is reported by the processes that use it. */
async function database({ databaseRun }: DataPaths, plan: PortPlan): Promise<Part[]> {
  const text = await readFile(databaseRun, 'utf8').catch(() => undefined);
  if (text === undefined) return [];
  // https://www.postgresql.org/docs/18/storage-file-layout.html: the third line is when it started, in seconds.
  const startedSec = Number(text.split('\n')[2]);
  const part = await listening('postgresql', plan.ports.postgres);
  return [{ ...part, ...(startedSec > 0 ? { uptimeSec: Math.round(Date.now() / 1_000 - startedSec) } : {}) }];
}

const sandbox = async ({ live }: Run, plan: PortPlan): Promise<Part[]> =>
  live ? [] : [await listening('sandbox', plan.ports['sandbox-discord'])];

/** For parts without an operations listener: healthy as long as they accept connections. */
async function listening(name: string, port: number): Promise<Part> {
  const taken = await new Promise<boolean>((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('timeout', () => done(false));
    socket.once('error', () => done(false));
  });
  const address = `${host}:${port}`;
  if (taken) return { name, address, status: 'healthy', causes: [], facts: {} };
  const causes = [{ name: 'process', status: 'unhealthy', message: 'It accepts no connections.' }] as const;
  return { name, address, status: 'unreachable', causes, facts: {} };
}
