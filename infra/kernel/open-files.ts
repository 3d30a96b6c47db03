import { readdir, readlink, realpath } from 'node:fs/promises';
import path from 'node:path';

/**
 * The processes that have a file open, even if it was removed since; as far as this user may see (proc_pid_fd(5)).
 * Empty without /proc.
 */
export async function processesThatHold(file: string): Promise<number[]> {
  const folder = await realpath(path.dirname(file)).catch(() => undefined);
  if (folder === undefined) return [];
  const real = path.join(folder, path.basename(file));
  const targets = new Set([real, `${real} (deleted)`]);
  return processesWith(async (pid) => {
    for (const descriptor of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      if (targets.has(await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => ''))) return true;
    }
    return false;
  });
}

/** The processes whose working directory is this folder. */
export async function processesIn(folder: string): Promise<number[]> {
  const real = await realpath(folder).catch(() => undefined);
  return processesWith(async (pid) => (await readlink(`/proc/${pid}/cwd`).catch(() => undefined)) === real);
}

async function processesWith(matches: (pid: number) => Promise<boolean>): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(async (pid) => ((await matches(pid)) ? [pid] : [])));
  return found.flat();
}
