import { readdir, readFile, readlink } from 'node:fs/promises';
import { assertFree, type Listener } from '../up/ports.ts';
import { fault, ok, warning, type Finding } from './finding.ts';

/**
 * Whether a start would find its ports free, and which processes hold those that are not.
 * @param leftover PID of a process that the start itself would end
 */
export async function checkPorts(listeners: readonly Listener[], leftover?: number): Promise<Finding[]> {
  const taken = await Promise.all(
    listeners.map(async (listener) => {
      const free = await assertFree([listener], 0).then(
        () => true,
        () => false,
      );
      return free ? [] : [await takenFinding(listener, leftover)];
    }),
  );
  const findings = taken.flat();
  return findings.length > 0 ? findings : [ok('ports', `all ${listeners.length} are free`)];
}

async function takenFinding({ name, host, port }: Listener, leftover: number | undefined): Promise<Finding> {
  const holder = await holderOf(port);
  const by = holder ? `: ${holder.command} (process ${holder.pid}) listens there` : '';
  if (holder && holder.pid === leftover)
    return warning(
      'ports',
      `${host}:${port} (${name}) is still held by the last run`,
      'start it: the start ends that process',
    );
  return fault(
    'ports',
    `${host}:${port} (${name}) cannot be used${by}`,
    'stop the program that listens there, or start with --ports <first of 40 free ports>',
  );
}

/** The name and PID of the process listening on a port, as far as this user may see (Linux, proc(5)). */
async function holderOf(port: number): Promise<{ command: string; pid: number } | undefined> {
  const inode = await inodeOf(port);
  if (inode === undefined) return undefined;
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const descriptor of descriptors) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      if (target === `socket:[${inode}]`) return { command: await commandOf(pid), pid: Number(pid) };
    }
  }
  return undefined;
}

const listening = '0A';

async function inodeOf(port: number): Promise<string | undefined> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(table, 'utf8').catch(() => '');
    for (const line of text.split('\n')) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (local?.endsWith(suffix) && state === listening) return inode;
    }
  }
  return undefined;
}

const commandOf = async (pid: string): Promise<string> =>
  (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'another program')).trim();
