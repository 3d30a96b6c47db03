import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import type { SeenProcess } from '../../e2e/processes.ts';
import { freeBlock } from '#test/free-port.ts';
import { npmStart } from '../start/npm-start.ts';

const names: readonly [RegExp, string][] = [
  [/^npm /, 'npm'],
  [/infra\/setup\/start\.mjs/, 'npm'],
  [/services\/cli\/src\/main\.ts/, 'launcher'],
  [/test\/sandbox\/main\.ts/, 'sandbox'],
  [/^postgres: |\/postgres -D/, 'PostgreSQL'],
  [/(token-service|proxy|discord-edge|audio|api|worker|supervisor)(?:\/src)?\/main\.ts/, ''],
];
const apart = new Set(['npm', 'sandbox']);

export function kindOf({ command }: SeenProcess): string {
  for (const [pattern, name] of names) {
    const match = pattern.exec(command);
    if (match) return name || (match[1] ?? command);
  }
  return command.slice(0, 40);
}

/** Shared pages divided among their users. */
export async function pssMiB(pid: number): Promise<number> {
  // PostgreSQL's helpers come and go; one that has just exited has no memory.
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => 'Pss: 0 kB');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]) / 1024;
}

export interface Row {
  count: number;
  mib: number;
}

async function measure(processes: readonly SeenProcess[]): Promise<Map<string, Row>> {
  const rows = new Map<string, Row>();
  for (const seen of processes) {
    const row = rows.get(kindOf(seen)) ?? { count: 0, mib: 0 };
    rows.set(kindOf(seen), { count: row.count + 1, mib: row.mib + (await pssMiB(seen.pid)) });
  }
  return rows;
}

/** By kind of process, after the platform has had no work for a while; with more options of `npm start`. */
export async function footprint(idleMs: number, more: readonly string[] = []): Promise<Map<string, Row>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-footprint-'));
  try {
    const platform = await npmStart(path.join(folder, 'data'), await freeBlock(), more);
    try {
      await passing(idleMs);
      return await measure(await platform.processes());
    } finally {
      await platform.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a real deployment has as well. */
export const counted = (rows: ReadonlyMap<string, Row>): [string, Row][] =>
  [...rows].filter(([name]) => !apart.has(name));

/** In MiB. */
export const together = (rows: ReadonlyMap<string, Row>): number =>
  counted(rows).reduce((sum, [, { mib }]) => sum + mib, 0);
