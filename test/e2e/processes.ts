import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import process from 'node:process';
import { hasCode } from '#infra/kernel/errors.ts';

/**
 * A process as /proc shows it. `startedAt` (clock ticks since boot) distinguishes it from a later one with the same
 * PID.
 */
export interface SeenProcess {
  readonly pid: number;
  readonly parent: number;
  readonly startedAt: string;
  readonly command: string;
}

/** Every descendant of this process, whatever process group or session it moved to (proc(5)). Linux only. */
export async function descendantsOf(root: number): Promise<SeenProcess[]> {
  // By hand, reading only the command lines needed: this runs ten times a second while a platform starts.
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).flatMap((pid) => statOf(pid) ?? []);
  const below = new Set([root]);
  const found: Stat[] = [];
  for (let before = 0; before < below.size;) {
    before = below.size;
    for (const seen of all) {
      if (!below.has(seen.parent) || below.has(seen.pid)) continue;
      below.add(seen.pid);
      found.push(seen);
    }
  }
  return found.flatMap((stat) => {
    const command = commandOf(stat.pid);
    return command === undefined ? [] : { ...stat, command };
  });
}

/** Those that are still running; an unreaped zombie is not. */
export async function survivorsOf(processes: readonly SeenProcess[]): Promise<SeenProcess[]> {
  return processes.filter(({ pid, startedAt }) => statOf(pid)?.startedAt === startedAt);
}

/** Sends SIGKILL to exactly these; one that ends by itself meanwhile is one less. */
export async function killAll(processes: readonly SeenProcess[]): Promise<void> {
  for (const { pid } of await survivorsOf(processes)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (!hasCode(error, 'ESRCH')) throw error;
    }
  }
}

type Stat = Omit<SeenProcess, 'command'>;

/** Undefined for a process that has ended, even if it has not been reaped yet. */
function statOf(pid: number | string): Stat | undefined {
  const stat = contentOf(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (!fields || fields[0] === 'Z') return undefined;
  return { pid: Number(pid), parent: Number(fields[1]), startedAt: fields[19] ?? '' };
}

const commandOf = (pid: number): string | undefined => contentOf(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trim();

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // It ended in the meantime.
    return undefined;
  }
}
