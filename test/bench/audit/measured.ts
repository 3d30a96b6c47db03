import { readdir, readFile } from 'node:fs/promises';
import process from 'node:process';

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** The value that this part of the values (0.99 for the 99th percentile) does not exceed. */
export function quantile(values: readonly number[], part: number): number {
  return values.toSorted((one, other) => one - other)[Math.ceil(values.length * part) - 1] ?? Number.NaN;
}

/** This process's peak resident memory (VmHWM of /proc/self/status), in MiB. */
export async function peakRssMiB(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

const ticksPerSecond = 100;

/**
 * CPU time of this process and all its descendants, including reaped ones, in seconds: the cost of the work, whatever
 * else the machine does (proc_pid_stat(5): utime, stime, cutime, cstime).
 */
export async function cpuSecondsOfTree(): Promise<number> {
  const processes = new Map<number, { parent: number; ticks: number }>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const text = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0);
    processes.set(Number(name), { parent: Number(fields[1]), ticks });
  }
  const descends = (pid: number): boolean => {
    if (pid === process.pid) return true;
    const parent = processes.get(pid)?.parent;
    return parent !== undefined && parent > 1 && descends(parent);
  };
  return [...processes].reduce((sum, [pid, { ticks }]) => sum + (descends(pid) ? ticks : 0), 0) / ticksPerSecond;
}
