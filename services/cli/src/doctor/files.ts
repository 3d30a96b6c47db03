import { access, constants, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { hasCode } from '#infra/kernel/errors.ts';
import type { Places, Run } from '../up/data-folder.ts';
import { fault, ok, warning, type Finding } from './finding.ts';

const openToOthers = 0o077;

/** The data folder: there, ours, writable, and closed where secrets are. */
export async function checkFolder(places: Places, run: Run | undefined): Promise<Finding[]> {
  const { path: root, keyring, logs } = places;
  const facts = await stat(root).catch(() => undefined);
  if (!facts) return [ok('data folder', `${root} is not there yet: the next start makes it`)];
  if (!facts.isDirectory())
    return [fault('data folder', `${root} is not a folder`, 'remove it, or choose another with --data')];
  const findings: Finding[] = [];
  const writable = await access(root, constants.W_OK).then(
    () => true,
    () => false,
  );
  findings.push(
    writable
      ? ok('data folder', `${root} can be written`)
      : fault(
          'data folder',
          `${root} cannot be written`,
          `give it to this user (chown), or choose another with --data`,
        ),
  );
  if (process.getuid && facts.uid !== process.getuid())
    findings.push(
      fault('data folder', `${root} belongs to user ${facts.uid}`, `run as that user, or give it to this one (chown)`),
    );
  findings.push(...(await Promise.all([keyring, logs].map((folder) => checkClosed('data folder', folder)))).flat());
  findings.push(runFinding(root, run));
  return findings;
}

function runFinding(root: string, run: Run | undefined): Finding {
  if (!run) return ok('run', `nothing runs from ${root}`);
  if (run.alive) return ok('run', `process ${run.pid} runs from it`);
  return warning('run', `the last run (process ${run.pid}) did not stop cleanly`, 'start it: the start recovers');
}

/** A file or folder of secrets that others may read is told; one that is not there is not. */
export async function checkClosed(about: string, file: string): Promise<Finding[]> {
  if (process.platform === 'win32') return [];
  try {
    const { mode } = await stat(file);
    if ((mode & openToOthers) === 0) return [];
    const rights = (mode & 0o777).toString(8);
    return [fault(about, `others may reach ${file} (mode ${rights})`, `chmod go-rwx ${file}`)];
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

const tolerancedMs = 5_000;

/** Files that were written in what is now the future: the clock went back, or was ahead. */
export async function checkWrittenTimes(places: Places, nowMs: number): Promise<Finding[]> {
  const names = await readdir(places.logs).catch(() => []);
  const times = await Promise.all(names.map(async (name) => (await stat(path.join(places.logs, name))).mtimeMs));
  const aheadMs = Math.max(0, ...times.map((time) => time - nowMs));
  if (aheadMs <= tolerancedMs) return [];
  return [
    fault(
      'clock',
      `the clock has gone back: logs were written ${Math.round(aheadMs / 1_000)} s ahead of it`,
      'set the clock by a time server (timedatectl set-ntp true): tokens of a minute are refused otherwise',
    ),
  ];
}
