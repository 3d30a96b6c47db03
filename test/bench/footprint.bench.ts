import { spawn } from 'node:child_process';
import process from 'node:process';
import { setTimeout as passing } from 'node:timers/promises';
import { counted, footprint, pssMiB, together } from './footprint/memory.ts';

/*
 * Memory of a platform without tenants: PSS of /proc/<pid>/smaps_rollup (shared pages divided among their users) of
 * every process, after 30 s without work. The sandbox and npm are listed separately, since a real deployment has
 * neither. The baseline is as many Node processes that do nothing, and the same PostgreSQL.
 */
const idleMs = Number(process.argv[2] ?? 30) * 1_000;

async function idleNodes(count: number): Promise<number> {
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' }),
  );
  try {
    await passing(Math.min(idleMs, 5_000));
    const values = await Promise.all(children.map(({ pid }) => pssMiB(pid ?? Number.NaN)));
    return values.reduce((sum, value) => sum + value, 0);
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

const rows = await footprint(idleMs);
const line = (name: string, mib: number, count = 1) =>
  console.log(`${name.padEnd(22)} ${String(count).padStart(3)}  ${mib.toFixed(1).padStart(7)} MiB`);
const own = counted(rows);
for (const [name, { mib, count }] of [...rows].toSorted(([, a], [, b]) => b.mib - a.mib))
  line(own.some(([each]) => each === name) ? name : `(${name})`, mib, count);
const total = together(rows);
line(
  'together',
  total,
  own.reduce((sum, [, { count }]) => sum + count, 0),
);
const nodes = own.filter(([name]) => name !== 'PostgreSQL').length;
const bare = (await idleNodes(nodes)) + (rows.get('PostgreSQL')?.mib ?? 0);
line('idle Nodes, PostgreSQL', bare, nodes);
console.log(`ratio ${(total / bare).toFixed(2)}`);
