import { readFile } from 'node:fs/promises';

/** After this long without work, a process's garbage is collected and its memory is stable. */
const idleMs = 15_000;

/** PSS of /proc/<pid>/smaps_rollup, in which shared pages are divided among their users. */
export async function pssMiB(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]) / 1024;
}

export const settled = () => new Promise((resolve) => setTimeout(resolve, idleMs));

export async function settledPssMiB(pid: number): Promise<number> {
  await settled();
  return pssMiB(pid);
}
