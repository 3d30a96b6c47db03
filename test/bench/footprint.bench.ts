import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { SeenProcess } from '../e2e/processes.ts';
import { freeBlock } from '#test/free-port.ts';
import { npmStart } from './start/npm-start.ts';

/*
 * Memory of a platform without tenants: PSS of /proc/<pid>/smaps_rollup (shared pages divided among their users) of
 * every process, after 30 s without work. The sandbox and npm are listed separately, since a real deployment has
 * neither. The baseline is as many Node processes that do nothing, and the same PostgreSQL.
 */
const idleMs = Number(process.argv[2] ?? 30) * 1_000;

const names: readonly [RegExp, string][] = [
  [/^npm /, 'npm'],
  [/infra\/setup\/start\.mjs/, 'npm'],
  [/services\/cli\/src\/main\.ts/, 'launcher'],
  [/test\/sandbox\/main\.ts/, 'sandbox'],
  [/^postgres: |\/postgres -D/, 'PostgreSQL'],
  [/(token-service|proxy|discord-edge|audio|api|worker|supervisor)(?:\/src)?\/main\.ts/, ''],
];
const apart = new Set(['npm', 'sandbox']);

function nameOf({ command }: SeenProcess): string {
  for (const [pattern, name] of names) {
    const match = pattern.exec(command);
    if (match) return name || (match[1] ?? command);
  }
  return command.slice(0, 40);
}

async function pssMiB(pid: number): Promise<number> {
  // PostgreSQL's helpers come and go; one that has just exited has no memory.
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => 'Pss: 0 kB');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]) / 1024;
}

const passing = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Row {
  count: number;
  mib: number;
}

async function measure(processes: readonly SeenProcess[]): Promise<Map<string, Row>> {
  const rows = new Map<string, Row>();
  for (const seen of processes) {
    const row = rows.get(nameOf(seen)) ?? { count: 0, mib: 0 };
    rows.set(nameOf(seen), { count: row.count + 1, mib: row.mib + (await pssMiB(seen.pid)) });
  }
  return rows;
}

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

const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-footprint-'));
try {
  const platform = await npmStart(path.join(folder, 'data'), await freeBlock());
  let rows: Map<string, Row>;
  try {
    await passing(idleMs);
    rows = await measure(await platform.processes());
  } finally {
    await platform.stop();
  }
  const line = (name: string, mib: number, count = 1) =>
    console.log(`${name.padEnd(22)} ${String(count).padStart(3)}  ${mib.toFixed(1).padStart(7)} MiB`);
  for (const [name, { mib, count }] of [...rows].toSorted(([, a], [, b]) => b.mib - a.mib)) {
    line(apart.has(name) ? `(${name})` : name, mib, count);
  }
  const counted = [...rows].filter(([name]) => !apart.has(name));
  const total = counted.reduce((sum, [, { mib }]) => sum + mib, 0);
  line(
    'together',
    total,
    counted.reduce((sum, [, { count }]) => sum + count, 0),
  );
  const nodes = counted.filter(([name]) => name !== 'PostgreSQL').length;
  const bare = (await idleNodes(nodes)) + (rows.get('PostgreSQL')?.mib ?? 0);
  line('idle Nodes, PostgreSQL', bare, nodes);
  console.log(`ratio ${(total / bare).toFixed(2)}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
