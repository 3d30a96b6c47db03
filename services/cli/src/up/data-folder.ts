import { access, chmod, constants, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { z } from 'zod';
import { callerFault, hasCode, platformFault } from '#infra/kernel/errors.ts';
import { parseJson } from '#infra/kernel/json.ts';

/** Where an installation keeps everything; the names of what is in it stand here alone. */
export const placesIn = (folder: string) => {
  const root = path.resolve(folder);
  const inside = (name: string) => path.join(root, name);
  return {
    path: root,
    lock: inside('running.pid'),
    logs: inside('logs'),
    cache: inside('cache'),
    keyring: inside('keyring'),
    rootKey: path.join(root, 'keyring', 'root.json'),
    /** Opens the root key where there is no passphrase. */
    keyFile: path.join(root, 'keyring', 'root.key'),
    postgres: inside('postgres'),
    /** Written when the database is made: which version's it is. */
    databaseVersion: path.join(root, 'postgres', 'data', 'PG_VERSION'),
    /** Written by PostgreSQL while it runs: its process, when it started, its port. */
    databaseRun: path.join(root, 'postgres', 'data', 'postmaster.pid'),
    sandboxState: inside('sandbox.json'),
    liveSettings: inside('live.yaml'),
  };
};
export type Places = ReturnType<typeof placesIn>;

export interface DataFolder extends Places, AsyncDisposable {
  /** The run before did not stop as it should have. */
  readonly uncleanStop: boolean;
}

/** How an installation was started: what another command needs to find it. */
export interface RunFacts {
  /** The first of its block of ports; the documented ones when left out. */
  readonly ports?: number;
  readonly live: boolean;
}

const lockSchema = z.object({
  pid: z.number().int(),
  started: z.string(),
  ports: z.number().int().optional(),
  live: z.boolean().default(false),
});

export interface Run extends RunFacts {
  readonly pid: number;
  /** False for what a run that ended without a stop has left. */
  readonly alive: boolean;
}

/** Bots, as users of their own, are read from the cache; what lies there is run, so nobody else may write it. */
const folderModes = [
  ['logs', 0o700],
  ['keyring', 0o700],
  ['cache', 0o755],
] as const;

/** Who has the folder, as far as its lock tells; changes nothing. */
export async function readRun({ lock }: Pick<Places, 'lock'>): Promise<Run | undefined> {
  const holder = await readHolder(lock);
  if (!holder) return undefined;
  const { pid, started, ports, live } = holder;
  const alive = (await startTime(pid)) === started;
  return { pid, alive, live, ...(ports === undefined ? {} : { ports }) };
}

/**
 * Makes the folder and takes it for this process alone.
 * @throws BailiwickError up.data-folder (it cannot be used), up.running (another run has it)
 */
export async function openDataFolder(folder: string, facts: RunFacts): Promise<DataFolder> {
  const places = placesIn(folder);
  const root = places.path;
  const inside = (name: string) => path.join(root, name);
  try {
    await mkdir(root, { recursive: true });
    // Others may pass through to what is theirs (PostgreSQL runs as a user of its own), and see nothing.
    await chmod(root, 0o711);
    for (const [name, mode] of folderModes) {
      await mkdir(inside(name), { recursive: true, mode });
      // Where it was there already, it may have been open to others.
      await chmod(inside(name), mode);
    }
    for (const used of [root, ...folderModes.map(([name]) => inside(name))]) await access(used, constants.W_OK);
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    const message = `The data folder ${root} cannot be written (${why}): mend that, or choose another with --data.`;
    throw platformFault('up.data-folder', message, cause);
  }
  const uncleanStop = await takeLock(places, facts);
  return {
    ...places,
    uncleanStop,
    async [Symbol.asyncDispose]() {
      await rm(places.lock, { force: true });
    },
  };
}

/** True when a lock was left by a process that is no more. */
async function takeLock({ lock, path: root }: Places, facts: RunFacts): Promise<boolean> {
  const mine = JSON.stringify({ pid: process.pid, started: await startTime(process.pid), ...facts });
  for (let uncleanStop = false; ; uncleanStop = true) {
    if (await createWhole(lock, mine)) return uncleanStop;
    const holder = await readHolder(lock);
    if (holder && (await startTime(holder.pid)) === holder.started) {
      throw callerFault(
        'up.running',
        `Bailiwick runs already from ${root} (process ${holder.pid}): stop it first, or choose another --data.`,
      );
    }
    // Of several that find a stale lock, one makes the new one.
    await rm(lock, { force: true });
  }
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

async function readHolder(lock: string): Promise<z.infer<typeof lockSchema> | undefined> {
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
