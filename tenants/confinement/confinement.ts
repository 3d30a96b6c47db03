import { execFile } from 'node:child_process';
import process from 'node:process';

/** The layers between a bot and the machine, each described by what it takes away. */
export const layers = {
  'permission-model':
    "Node's permission model: no file but the bundle, no connection, listener, name lookup, child process, worker, addon, inspector",
  'no-machine-code':
    'no machine code is made at run time (V8 jitless, no WebAssembly), and eval and new Function are refused in its own context; node:vm and import of data: addresses still run text as JavaScript, under every other layer',
  'empty-environment': 'an environment of nothing but memory settings',
  'own-user': 'an unprivileged user and group of its own',
  'network-namespace': 'a network of its own with nothing in it',
  'ipc-namespace': 'System V and POSIX message queues, semaphores and shared memory of its own',
  'no-new-privileges': 'no setuid program can raise it',
  'memory-limit': 'a limit on its heap (V8) and on its data (RLIMIT_DATA)',
  'process-limit': 'limits on its open files, written files, core dumps and, with an own user, on its threads',
  'dies-with-supervisor': 'the kernel ends it when its supervisor ends',
} as const;

export type Layer = keyof typeof layers;

export interface BotLimits {
  /** V8's old space, MiB. */
  readonly heapMiB: number;
  /** RLIMIT_DATA, MiB: heap, buffers and stacks together. */
  readonly memoryMiB: number;
}

export interface Confinement {
  readonly layers: readonly Layer[];
  /** Layers that this machine does not support, with the reason from the probe. */
  readonly missing: Readonly<Partial<Record<Layer, string>>>;
  /** True if every bot can have its own user. */
  readonly ownUser: boolean;
  /** The command line that confines `command`; `uid` is used with `ownUser`. */
  wrap(command: readonly string[], uid: number): readonly string[];
}

const probeTimeoutMs = 5_000;
const maxOpenFiles = 64;
const maxThreads = 32;

type Probe = (command: readonly string[]) => Promise<string | undefined>;

/** Tries each layer with this machine's kernel, once, and combines those that work. */
export async function probeConfinement(
  limits: BotLimits,
  firstUid: number,
  probe: Probe = probeCommand,
): Promise<Confinement> {
  const missing: Partial<Record<Layer, string>> = {};
  const works = async (layer: Layer, command: readonly string[]): Promise<boolean> => {
    const fault = process.platform === 'linux' ? await probe([...command, 'true']) : 'Linux only';
    if (fault !== undefined) missing[layer] = fault;
    return fault === undefined;
  };
  const user = (uid: number) => [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const isRoot = process.getuid?.() === 0;
  const namespaces = isRoot ? ['unshare', '--net', '--ipc', '--uts'] : ['unshare', '--user', '--net', '--ipc', '--uts'];
  const resourceLimits = [`--nofile=${maxOpenFiles}`, '--core=0', '--fsize=0'];
  const memory = `--data=${limits.memoryMiB * 1024 * 1024}`;
  if (!isRoot) missing['own-user'] = 'the supervisor may not switch users';
  const [ownUser, ownNamespaces, noNewPrivileges, dies, memoryLimit, processLimit] = await Promise.all([
    isRoot ? works('own-user', ['setpriv', ...user(firstUid)]) : false,
    works('network-namespace', namespaces),
    works('no-new-privileges', ['setpriv', '--no-new-privs']),
    works('dies-with-supervisor', ['setpriv', '--pdeathsig', 'KILL']),
    works('memory-limit', ['prlimit', memory]),
    works('process-limit', ['prlimit', ...resourceLimits]),
  ]);
  if (!ownNamespaces) missing['ipc-namespace'] = missing['network-namespace'] ?? 'not granted';
  const inForce: Layer[] = ['permission-model', 'no-machine-code', 'empty-environment'];
  if (ownUser) inForce.push('own-user');
  if (ownNamespaces) inForce.push('network-namespace', 'ipc-namespace');
  if (noNewPrivileges) inForce.push('no-new-privileges');
  if (memoryLimit) inForce.push('memory-limit');
  if (processLimit) inForce.push('process-limit');
  if (dies) inForce.push('dies-with-supervisor');
  return {
    layers: inForce,
    missing,
    ownUser,
    wrap(command, uid) {
      const kernelLimits = [
        ...(processLimit ? resourceLimits : []),
        ...(memoryLimit ? [memory] : []),
        ...(processLimit && ownUser ? [`--nproc=${maxThreads}`] : []),
      ];
      const privileges = [
        ...(ownUser ? user(uid) : []),
        ...(noNewPrivileges ? ['--no-new-privs'] : []),
        ...(dies ? ['--pdeathsig', 'KILL'] : []),
      ];
      return [
        ...(kernelLimits.length > 0 ? ['prlimit', ...kernelLimits] : []),
        ...(ownNamespaces ? namespaces : []),
        ...(privileges.length > 0 ? ['setpriv', ...privileges] : []),
        ...command,
      ];
    },
  };
}

/**
 * The flags that confine and slim a bot's Node, which only has to run the one file. Modules that reach files or memory
 * past the permission model (node:sqlite opens any database that the user may) are removed, and V8's flags can no
 * longer be changed: trying to ends the process.
 */
export const nodeFlags = (bundleFile: string, limits: BotLimits): readonly string[] => [
  '--permission',
  `--allow-fs-read=${bundleFile}`,
  '--disable-sigusr1',
  '--no-addons',
  '--no-experimental-sqlite',
  '--no-experimental-ffi',
  '--no-experimental-webstorage',
  '--no-experimental-websocket',
  '--jitless',
  '--freeze-flags-after-init',
  '--disallow-code-generation-from-strings',
  `--max-old-space-size=${limits.heapMiB}`,
  '--max-semi-space-size=1',
  '--optimize-for-size',
  '--v8-pool-size=1',
  '--expose-gc',
  '--stack-trace-limit=5',
  '--no-warnings',
];

/**
 * A bot's whole environment, except the number of its channel: memory that a bot allocated during start-up is returned
 * to the system (mallopt(3)).
 */
export const botEnvironment: Readonly<Record<string, string>> = {
  UV_THREADPOOL_SIZE: '1',
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '65536',
  MALLOC_TRIM_THRESHOLD_: '65536',
};

const probeCommand: Probe = ([file = '', ...args]) =>
  new Promise((resolve) => {
    execFile(
      file,
      args,
      { timeout: probeTimeoutMs, env: { PATH: process.env.PATH ?? '' } },
      (error, _stdout, stderr) => {
        resolve(error ? stderr.trim().split('\n')[0] || error.message.split('\n')[0] || 'refused' : undefined);
      },
    );
  });
