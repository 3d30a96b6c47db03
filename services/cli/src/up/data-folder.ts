import { access, chmod, constants, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { platformFault } from '#infra/kernel/errors.ts';
import { takeLock, type RunFacts } from './run-lock.ts';

/** Where an installation keeps everything. The only place that names what is in the folder. */
export const dataPathsIn = (folder: string) => {
  const root = path.resolve(folder);
  const inside = (name: string) => path.join(root, name);
  return {
    path: root,
    lock: inside('running.pid'),
    logs: inside('logs'),
    cache: inside('cache'),
    keyring: inside('keyring'),
    run: inside('run'),
    rootKey: path.join(root, 'keyring', 'root.json'),
    /** Opens the root key if there is no passphrase. */
    keyFile: path.join(root, 'keyring', 'root.key'),
    /** The root key where the keys are at Vault: worth nothing without it. */
    wrappedRootKey: path.join(root, 'keyring', 'root.vault.json'),
    /** Where the api gives operator sign-ins to anyone who can reach it. */
    operatorSocket: path.join(root, 'run', 'operator.sock'),
    postgres: inside('postgres'),
    /** Written when the database is created: the major version that created it. */
    databaseVersion: path.join(root, 'postgres', 'data', 'PG_VERSION'),
    /** Written by PostgreSQL while it runs: its PID, when it started, its port. */
    databaseRun: path.join(root, 'postgres', 'data', 'postmaster.pid'),
    sandboxState: inside('sandbox.json'),
    liveSettings: inside('live.yaml'),
  };
};
export type DataPaths = ReturnType<typeof dataPathsIn>;

export interface DataFolder extends DataPaths, AsyncDisposable {
  /** The previous run did not stop cleanly. */
  readonly uncleanStop: boolean;
}

/** Bots, each under its own user, read the cache; code in it is run, so nobody else may write there. */
const folderModes = [
  ['logs', 0o700],
  ['keyring', 0o700],
  ['run', 0o700],
  ['cache', 0o755],
] as const;

/**
 * Creates the folder and locks it for this process.
 * @throws BailiwickError up.data-folder (it cannot be used), up.running (another run has it)
 */
export async function openDataFolder(folder: string, facts: RunFacts): Promise<DataFolder> {
  const dataPaths = dataPathsIn(folder);
  const root = dataPaths.path;
  const inside = (name: string) => path.join(root, name);
  try {
    await mkdir(root, { recursive: true });
    // Others may pass through to what is theirs (PostgreSQL runs as its own user), but see nothing.
    await chmod(root, 0o711);
    for (const [name, mode] of folderModes) {
      await mkdir(inside(name), { recursive: true, mode });
      // If it existed already, it may have been open to others.
      await chmod(inside(name), mode);
    }
    for (const used of [root, ...folderModes.map(([name]) => inside(name))]) await access(used, constants.W_OK);
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    const message = `The data folder ${root} cannot be written (${why}): fix that, or choose another with --data.`;
    throw platformFault('up.data-folder', message, cause);
  }
  const lock = await takeLock(dataPaths, facts);
  return { ...dataPaths, uncleanStop: lock.uncleanStop, [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose]() };
}
