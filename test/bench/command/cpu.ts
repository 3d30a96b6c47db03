import { readFile } from 'node:fs/promises';
import { kindOf } from '../footprint/memory.ts';
import type { RunningPlatform } from '../../e2e/platform.ts';

/** User and system time in /proc are in these (sysconf(_SC_CLK_TCK), 100 on every Linux). */
const ticksPerSec = 100;

/** Seconds of user and system time that a process has used (proc_pid_stat(5), fields 14 and 15). */
export async function cpuSec(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSec;
}

/** CPU seconds used so far, of each kind of process; those of all bots together. */
export async function cpuOfKinds(platform: RunningPlatform): Promise<Map<string, number>> {
  const bots = new Set((await platform.bots()).map(({ pid }) => pid));
  const used = new Map<string, number>();
  for (const seen of await platform.launcher.processes()) {
    const kind = bots.has(seen.pid) ? 'bots' : kindOf(seen);
    used.set(kind, (used.get(kind) ?? 0) + (await cpuSec(seen.pid)));
  }
  return used;
}
