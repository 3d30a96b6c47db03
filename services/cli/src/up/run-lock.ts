import { link, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { z } from 'zod';
import { processesThatHold } from '#infra/kernel/open-files.ts';
import { callerFault, hasCode, type BailiwickError } from '#infra/kernel/errors.ts';
import { parseJson } from '#infra/kernel/json.ts';
import { mostReplicas } from './ports.ts';

/** How an installation was started: what other commands need to find it. */
export interface RunFacts {
  /** First port of its block; absent for the documented ports. */
  readonly ports?: number;
  /** How many run of each process of which several can; absent for one. */
  readonly replicas?: number;
  readonly live: boolean;
}

/** A run from a data folder, in progress or ended uncleanly. */
export interface Run extends RunFacts {
  /** Absent if the lock does not tell and nothing runs. */
  readonly pid?: number;
  /** False for what a run that ended without stopping has left. */
  readonly alive: boolean;
  /** The lock is missing, empty or truncated: the facts are not those of the run. */
  readonly damaged: boolean;
}

/** The paths of a data folder that tell who runs from it. */
interface RunPaths {
  readonly path: string;
  readonly lock: string;
  readonly databaseRun: string;
}

const lockSchema = z.object({
  pid: z.number().int(),
  started: z.string(),
  ports: z.number().int().optional(),
  replicas: z.number().int().min(1).max(mostReplicas).optional(),
  live: z.boolean().default(false),
});
type Holder = z.infer<typeof lockSchema>;

/** Held for as long as the process lives. */
export interface RunLock extends AsyncDisposable {
  /** The previous run did not stop cleanly. */
  readonly uncleanStop: boolean;
}

/**
 * Who holds the folder; changes nothing. A run is found by the lock's content or, failing that, by which process has
 * the lock open: a file that was emptied or removed is never taken for the end of a run.
 */
export async function readRun({ lock, databaseRun }: Pick<RunPaths, 'lock' | 'databaseRun'>): Promise<Run | undefined> {
  const holder = await readHolder(lock);
  const facts = holder && {
    live: holder.live,
    ...(holder.ports === undefined ? {} : { ports: holder.ports }),
    ...(holder.replicas === undefined ? {} : { replicas: holder.replicas }),
  };
  if (holder && facts && (await startTime(holder.pid)) === holder.started)
    return { ...facts, pid: holder.pid, alive: true, damaged: false };
  const left = await firstThere([lock, databaseRun]);
  if (left === undefined) return undefined;
  const pid = (await processesThatHold(lock))[0] ?? (holder ? undefined : await serverElsewhere(databaseRun));
  if (pid !== undefined) return { pid, alive: true, live: false, damaged: true };
  if (holder && facts) return { ...facts, pid: holder.pid, alive: false, damaged: false };
  return { alive: false, live: false, damaged: left === lock };
}

/** On systems that do not reveal who has a file open, a working PostgreSQL is evidence of the run that started it. */
async function serverElsewhere(databaseRun: string): Promise<number | undefined> {
  if (process.platform === 'linux') return undefined;
  const pid = Number((await readFile(databaseRun, 'utf8').catch(() => '')).split('\n', 1)[0]);
  return pid > 0 && aliveElsewhere(pid) !== '' ? pid : undefined;
}

/** @throws BailiwickError up.running (another run has it) */
export async function takeLock(dataPaths: RunPaths, facts: RunFacts): Promise<RunLock> {
  const { lock } = dataPaths;
  const mine = JSON.stringify({ pid: process.pid, started: await startTime(process.pid), ...facts });
  for (let uncleanStop = false; ; uncleanStop = true) {
    const run = await readRun(dataPaths);
    if (run?.alive) throw running(dataPaths, run.pid);
    // If several starts find a stale lock, one of them creates the new one.
    if (run) await rm(lock, { force: true });
    if (!(await createWhole(lock, mine))) continue;
    // Kept open: this identifies us if the content is lost.
    const held = await open(lock, 'r');
    return {
      uncleanStop: uncleanStop || run !== undefined,
      async [Symbol.asyncDispose]() {
        await held.close();
        await rm(lock, { force: true });
      },
    };
  }
}

const running = ({ path: root }: RunPaths, pid: number | undefined): BailiwickError =>
  callerFault(
    'up.running',
    `Bailiwick is already running from ${root} (process ${pid}): stop it first, or choose another --data.`,
  );

async function firstThere(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    const facts = await stat(file).catch(() => undefined);
    if (facts) return file;
  }
  return undefined;
}

/** Creates a file that never exists without its content. False if there is one already. */
async function createWhole(file: string, content: string): Promise<boolean> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, content, { mode: 0o600 });
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function readHolder(lock: string): Promise<Holder | undefined> {
  const text = await readFile(lock, 'utf8').catch(() => '');
  return lockSchema.safeParse(parseJson(text)).data;
}

/** Distinguishes a process from a later one with the same PID; empty if there is none. */
async function startTime(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [state = '', ...others] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A process that has ended remains until its parent has waited for it (proc_pid_stat(5): Z, X).
    return 'ZX'.includes(state) ? '' : (others[18] ?? '');
  } catch {
    return process.platform === 'linux' ? '' : aliveElsewhere(pid);
  }
}

function aliveElsewhere(pid: number): string {
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch {
    return '';
  }
}
