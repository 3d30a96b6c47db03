import { access, chmod, constants, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { callerFault, hasCode, platformFault } from '#infra/kernel/errors.ts';

/** Where an installation keeps everything; the names of what is in it stand here alone. */
export interface DataFolder extends AsyncDisposable {
  readonly path: string;
  readonly logs: string;
  readonly cache: string;
  readonly keyring: string;
  readonly postgres: string;
  readonly sandboxState: string;
  readonly liveSettings: string;
  /** The run before did not stop as it should have. */
  readonly uncleanStop: boolean;
}

/** Bots, as users of their own, are read from the cache; what lies there is run, so nobody else may write it. */
const folderModes = [
  ['logs', 0o700],
  ['keyring', 0o700],
  ['cache', 0o755],
] as const;

/**
 * Makes the folder and takes it for this process alone.
 * @throws BailiwickError up.data-folder (it cannot be used), up.running (another run has it)
 */
export async function openDataFolder(folder: string): Promise<DataFolder> {
  const root = path.resolve(folder);
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
  const lock = inside('running.pid');
  const uncleanStop = await takeLock(lock, root);
  return {
    path: root,
    logs: inside('logs'),
    cache: inside('cache'),
    keyring: inside('keyring'),
    postgres: inside('postgres'),
    sandboxState: inside('sandbox.json'),
    liveSettings: inside('live.yaml'),
    uncleanStop,
    async [Symbol.asyncDispose]() {
      await rm(lock, { force: true });
    },
  };
}

/** True when a lock was left by a process that is no more. */
async function takeLock(lock: string, root: string): Promise<boolean> {
  const mine = JSON.stringify({ pid: process.pid, started: await startTime(process.pid) });
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

async function readHolder(lock: string): Promise<{ pid: number; started: string } | undefined> {
  try {
    return JSON.parse(await readFile(lock, 'utf8')) as { pid: number; started: string };
  } catch {
    return undefined;
  }
}

/** Tells a process from a later one with the same number; empty when there is none. */
async function startTime(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
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
