import { link, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { z } from 'zod';
import { processesThatHold } from '#infra/kernel/open-files.ts';
import { callerFault, hasCode, type BailiwickError } from '#infra/kernel/errors.ts';
import { parseJson } from '#infra/kernel/json.ts';

/** How an installation was started: what another command needs to find it. */
export interface RunFacts {
  /** The first of its block of ports; the documented ones when left out. */
  readonly ports?: number;
  readonly live: boolean;
}

/** Who runs from a data folder, or ran from it and did not stop. */
export interface Run extends RunFacts {
  /** Left out when the lock does not tell and nobody runs. */
  readonly pid?: number;
  /** False for what a run that ended without a stop has left. */
  readonly alive: boolean;
  /** The lock is gone, empty or cut short: the facts are not those of the run. */
  readonly damaged: boolean;
}

/** Of what a data folder has, what tells who runs from it. */
interface RunPaths {
  readonly path: string;
  readonly lock: string;
  readonly databaseRun: string;
}

const lockSchema = z.object({
  pid: z.number().int(),
  started: z.string(),
  ports: z.number().int().optional(),
  live: z.boolean().default(false),
});
type Holder = z.infer<typeof lockSchema>;

/** Held for as long as the process lives. */
export interface RunLock extends AsyncDisposable {
  /** The run before did not stop as it should have. */
  readonly uncleanStop: boolean;
}

/**
 * Who has the folder; changes nothing. A run is found by the lock's content, and where that does not tell, by who has
 * the lock open: a file that was emptied or removed never passes for the end of a run.
 */
export async function readRun({ lock, databaseRun }: Pick<RunPaths, 'lock' | 'databaseRun'>): Promise<Run | undefined> {
  const holder = await readHolder(lock);
  const facts = holder && { live: holder.live, ...(holder.ports === undefined ? {} : { ports: holder.ports }) };
  if (holder && facts && (await startTime(holder.pid)) === holder.started)
    return { ...facts, pid: holder.pid, alive: true, damaged: false };
  const left = await firstThere([lock, databaseRun]);
  if (left === undefined) return undefined;
  const pid = (await processesThatHold(lock))[0] ?? (holder ? undefined : await serverElsewhere(databaseRun));
  if (pid !== undefined) return { pid, alive: true, live: false, damaged: true };
  if (holder && facts) return { ...facts, pid: holder.pid, alive: false, damaged: false };
  return { alive: false, live: false, damaged: left === lock };
}

/** Where nobody tells who has a file open, a PostgreSQL that works speaks for the run that started it. */
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
    // Of several that find a stale lock, one makes the new one.
    if (run) await rm(lock, { force: true });
    if (!(await createWhole(lock, mine))) continue;
    // Kept open: this is what tells of us when the content is gone.
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

/** Never there without its content. False when there is one already. */
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

/** Tells a process from a later one with the same number; empty when there is none. */
async function startTime(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [state = '', ...others] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // One that has ended stays until its parent has asked for it (proc_pid_stat(5): Z, X).
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
