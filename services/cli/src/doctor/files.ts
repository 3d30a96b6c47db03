import { access, constants, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { hasCode } from '#infra/kernel/errors.ts';
import { parseJson } from '#infra/kernel/json.ts';
import type { DataPaths } from '../up/data-folder.ts';
import type { Run } from '../up/run-lock.ts';
import { fault, ok, warning, type Finding } from './finding.ts';

const openToOthers = 0o077;
const writableByOthers = 0o022;

/** The data folder: exists, ours, writable, secrets readable by us only, and code writable by nobody else. */
export async function checkFolder(dataPaths: DataPaths, run: Run | undefined): Promise<Finding[]> {
  const { path: root, keyring, run: sockets, logs, cache } = dataPaths;
  const facts = await stat(root).catch(() => undefined);
  if (!facts) return [ok('data folder', `${root} does not exist yet: the next start creates it`)];
  if (!facts.isDirectory())
    return [fault('data folder', `${root} is not a folder`, 'remove it, or choose another with --data')];
  const belongs = process.getuid && facts.uid !== process.getuid() ? [ownerFinding(root, facts.uid)] : [];
  if (!(await isAccessible(root))) {
    const says = `${root} cannot be read by this user: nothing else in it was checked`;
    return [...belongs, fault('data folder', says, 'run as its owner, or choose another with --data')];
  }
  return [
    ...(belongs.length > 0 ? belongs : [ok('data folder', `${root} can be written`)]),
    ...(await Promise.all([keyring, sockets, logs].map((folder) => checkClosed('data folder', folder)))).flat(),
    ...(await Promise.all([root, cache].map((folder) => checkUnchanged(folder)))).flat(),
    runFinding(root, run),
  ];
}

const ownerFinding = (root: string, uid: number): Finding =>
  fault('data folder', `${root} belongs to user ${uid}`, 'run as that user, or give it to this one (chown)');

/** Whether this user may read and change a folder; true if it does not exist yet. */
export const isAccessible = (folder: string): Promise<boolean> =>
  access(folder, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    (error: unknown) => hasCode(error, 'ENOENT'),
  );

/** Code is run from the cache: whoever can write there, or replace it, decides what runs. */
async function checkUnchanged(folder: string): Promise<Finding[]> {
  const facts = await stat(folder).catch(() => undefined);
  if (process.platform === 'win32' || !facts || (facts.mode & writableByOthers) === 0) return [];
  const rights = (facts.mode & 0o777).toString(8);
  return [fault('data folder', `others can change ${folder} (mode ${rights})`, `chmod go-w ${folder}`)];
}

function runFinding(root: string, run: Run | undefined): Finding {
  if (!run) return ok('run', `nothing runs from ${root}`);
  if (run.alive && run.damaged) {
    const says = `process ${run.pid} runs from it, and running.pid does not say so: it was emptied, changed or removed`;
    return fault(
      'run',
      says,
      `stop process ${run.pid} (kill ${run.pid}) and start it again; until then name its --ports`,
    );
  }
  if (run.alive) return ok('run', `process ${run.pid} runs from it`);
  const who = run.pid === undefined ? '' : ` (process ${run.pid})`;
  const left = run.damaged ? `, and left a running.pid that cannot be read` : '';
  return warning('run', `the last run${who} did not stop cleanly${left}`, 'start it: it recovers by itself');
}

/** Reports a file or folder of secrets that others can read; one that does not exist is not reported. */
export async function checkClosed(about: string, file: string): Promise<Finding[]> {
  if (process.platform === 'win32') return [];
  try {
    const { mode } = await stat(file);
    if ((mode & openToOthers) === 0) return [];
    const rights = (mode & 0o777).toString(8);
    return [fault(about, `others can access ${file} (mode ${rights})`, `chmod go-rwx ${file}`)];
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** The state of the sandbox's Discord: the sandbox does not start if it cannot be read. */
export async function checkSandboxState({ sandboxState }: DataPaths): Promise<Finding[]> {
  const text = await readFile(sandboxState, 'utf8').catch(() => undefined);
  if (text === undefined || typeof parseJson(text) === 'object') return [];
  const fix =
    'restore it from a backup, or remove it: the sandbox then starts empty, and its bots have to be created again';
  return [fault('sandbox', `${sandboxState} is damaged: it is not JSON`, fix)];
}

const tolerancedMs = 5_000;

/** Files with times in the future: the clock went back, or was ahead. */
export async function checkWrittenTimes(dataPaths: DataPaths, nowMs: number): Promise<Finding[]> {
  const names = await readdir(dataPaths.logs).catch(() => []);
  const times = await Promise.all(names.map(async (name) => (await stat(path.join(dataPaths.logs, name))).mtimeMs));
  const aheadMs = Math.max(0, ...times.map((time) => time - nowMs));
  if (aheadMs <= tolerancedMs) return [];
  return [
    fault(
      'clock',
      `the clock has gone back: logs were written ${Math.round(aheadMs / 1_000)} s ahead of it`,
      'synchronise the clock (timedatectl set-ntp true): otherwise short-lived tokens are refused',
    ),
  ];
}
