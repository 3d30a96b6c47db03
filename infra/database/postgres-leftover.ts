import { execFile } from 'node:child_process';
import { readFile, readlink, realpath } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const maxTries = 400;
const stopTimeoutSec = 20;

/**
 * Ends a server that an unclean stop left on this data folder, and waits until it is gone; PostgreSQL itself recovers
 * from its journal. A process that merely has the old number is left alone.
 */
export async function stopLeftover(data: string, binaries: string): Promise<void> {
  const pid = await serverOf(data);
  if (pid === undefined) return;
  if (process.platform !== 'linux') return stopByTool(data, binaries);
  if (!(await isServerOf(pid, data))) return;
  process.kill(pid, 'SIGINT');
  for (let tries = 0; tries < maxTries && (await isServerOf(pid, data)); tries += 1) await delay(50);
}

async function serverOf(data: string): Promise<number | undefined> {
  const text = await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

/** A server works in its data folder. */
async function isServerOf(pid: number, data: string): Promise<boolean> {
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(data));
  } catch {
    return false;
  }
}

/** Where there is no /proc. pg_ctl tells a stale number by itself, and fails when there is nothing to stop. */
async function stopByTool(data: string, binaries: string): Promise<void> {
  const args = ['stop', '-D', data, '-m', 'fast', '-w', '-t', String(stopTimeoutSec)];
  await promisify(execFile)(path.join(binaries, 'pg_ctl'), args).catch(() => undefined);
}
