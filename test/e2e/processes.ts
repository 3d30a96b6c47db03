import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import process from 'node:process';

/**
 * A process as shown in /proc. `startedAt` (clock ticks since boot) distinguishes it from a later one with the same id.
 */
export interface SeenProcess {
  readonly pid: number;
  readonly parent: number;
  readonly startedAt: string;
  readonly command: string;
}

/** Every descendant of this process, whatever group or session it is in (proc(5)). Linux only. */
export async function descendantsOf(root: number): Promise<SeenProcess[]> {
  // Hand-written, and only for the relevant command lines: this runs ten times a second while a platform starts.
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

/** Those that still run; a zombie that nobody has waited for yet does not count. */
export async function survivorsOf(processes: readonly SeenProcess[]): Promise<SeenProcess[]> {
  return processes.filter(({ pid, startedAt }) => statOf(pid)?.startedAt === startedAt);
}

/** Kills exactly these, without asking. */
export async function killAll(processes: readonly SeenProcess[]): Promise<void> {
  for (const { pid } of await survivorsOf(processes)) process.kill(pid, 'SIGKILL');
}

type Stat = Omit<SeenProcess, 'command'>;

/** Undefined for a process that has ended, even if nobody has waited for it yet. */
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
    // It ended during the check.
    return undefined;
  }
}
