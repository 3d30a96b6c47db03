import { readdir, readFile } from 'node:fs/promises';
import process from 'node:process';

/** A process as /proc shows it. `startedAt` (clock ticks since boot) tells it from a later one with the same number. */
export interface SeenProcess {
  readonly pid: number;
  readonly parent: number;
  readonly startedAt: string;
  readonly command: string;
}

/** Every process below this one, whatever group or session it put itself in (proc(5)). Linux only. */
export async function descendantsOf(root: number): Promise<SeenProcess[]> {
  const all = (await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(look))).filter(
    (seen) => seen !== undefined,
  );
  const below = new Set([root]);
  const found: SeenProcess[] = [];
  for (let before = 0; before < below.size;) {
    before = below.size;
    for (const seen of all) {
      if (!below.has(seen.parent) || below.has(seen.pid)) continue;
      below.add(seen.pid);
      found.push(seen);
    }
  }
  return found;
}

/** Those that still run; a zombie that nobody has waited for yet does not. */
export async function survivorsOf(processes: readonly SeenProcess[]): Promise<SeenProcess[]> {
  const now = await Promise.all(processes.map(({ pid }) => look(String(pid))));
  return processes.filter(({ startedAt }, index) => now[index]?.startedAt === startedAt);
}

/** Ends exactly these, without asking. */
export async function killAll(processes: readonly SeenProcess[]): Promise<void> {
  for (const { pid } of await survivorsOf(processes)) process.kill(pid, 'SIGKILL');
}

async function look(pid: string): Promise<SeenProcess | undefined> {
  try {
    const [stat, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return undefined;
    return {
      pid: Number(pid),
      parent: Number(fields[1]),
      startedAt: fields[19] ?? '',
      command: command.replaceAll('\0', ' ').trim(),
    };
  } catch {
    // It ended while we looked.
    return undefined;
  }
}
