import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * The Python of a virtual environment with the packages of a requirements file, created once and kept beside the npm
 * packages. Nothing is resolved, and nothing built unless `more` flags of pip say so.
 */
export async function virtualEnvironment(requirements: string, more: readonly string[] = []): Promise<string> {
  const hash = createHash('sha256').update(await readFile(requirements));
  const { stdout: version } = await run('python3', ['--version']);
  const name = hash.update(version).digest('hex').slice(0, 16);
  const kept = path.join(import.meta.dirname, '../../node_modules/.cache', `python-${name}`);
  const program = path.join(kept, 'bin/python');
  if (existsSync(program)) return program;
  const fresh = `${kept}.${process.pid}`;
  await run('python3', ['-m', 'venv', fresh]);
  try {
    const flags = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', ...more];
    await run(path.join(fresh, 'bin/python'), ['-m', 'pip', 'install', ...flags, '-r', requirements]);
    // All or nothing: an interrupted one is created again.
    await rename(fresh, kept);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return program;
}
