import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, readlink, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { hasCode, platformFault } from '#infra/kernel/errors.ts';
import { processesIn } from '#infra/kernel/open-files.ts';

const maxTries = 400;
const stopTimeoutSec = 20;

/**
 * Ends a server that an unclean stop left on this data folder, and waits until it is gone; PostgreSQL itself recovers
 * from its journal. A process that merely has the old process id is left alone.
 */
export async function stopLeftover(data: string, binaries: string): Promise<void> {
  const pid = await serverOf(data);
  if (pid === undefined) return;
  if (pid === 'damaged') return stopUnnamed(data);
  if (process.platform !== 'linux') return stopByTool(data, binaries);
  if (!(await isServerOf(pid, data))) return;
  await stopServer(pid, data);
}

async function stopServer(pid: number, data: string): Promise<void> {
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
  for (let tries = 0; tries < maxTries && (await isServerOf(pid, data)); tries += 1) await delay(50);
}

/**
 * A server whose lock file is empty or contains anything else: PostgreSQL neither starts with such a file nor removes
 * it. The process that works in the folder is ended, and the file removed.
 */
async function stopUnnamed(data: string): Promise<void> {
  const lock = path.join(data, 'postmaster.pid');
  if (process.platform !== 'linux') {
    const message = `${lock} is damaged. Stop the PostgreSQL that uses that folder, if one is running, and remove the file.`;
    throw platformFault('postgres.lock', message);
  }
  // The server's helpers work in the folder too, and end with it.
  const servers = (await processesIn(data)).filter((pid) => isPostgres(pid));
  await Promise.all(servers.map((pid) => stopServer(pid, data)));
  await rm(lock, { force: true });
}

/** The contents of PostgreSQL's lock file: undefined if there is none. */
export async function serverOf(data: string): Promise<number | 'damaged' | undefined> {
  const text = await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const pid = Number(text.split('\n', 1)[0]);
  return Number.isInteger(pid) && pid > 1 ? pid : 'damaged';
}

function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres';
  } catch {
    return false;
  }
}

/** A server's working directory is its data folder. */
async function isServerOf(pid: number, data: string): Promise<boolean> {
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(data));
  } catch {
    return false;
  }
}

/** Without /proc. pg_ctl recognises a stale process id by itself, and fails if there is nothing to stop. */
async function stopByTool(data: string, binaries: string): Promise<void> {
  const args = ['stop', '-D', data, '-m', 'fast', '-w', '-t', String(stopTimeoutSec)];
  await promisify(execFile)(path.join(binaries, 'pg_ctl'), args).catch(() => undefined);
}
