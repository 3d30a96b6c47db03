import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { callerFault } from '#infra/kernel/errors.ts';

/** Everything that listens on a port. */
export const portNames = [
  'proxy',
  'public',
  'discord-edge',
  'token-service',
  'api',
  'audio',
  'worker',
  'supervisor',
  'postgres',
  'sandbox-discord',
  'sandbox-lavalink',
  'supervisor-2',
  'audio-2',
  'discord-edge-2',
  'proxy-2',
  'token-service-2',
  'api-2',
  'worker-2',
] as const;
export type PortName = (typeof portNames)[number];
export type Ports = Readonly<Record<PortName, number>>;

/** Each process of which there is always one, or the first of several, and the name of its port. */
export const processPorts = [
  ['gateway-proxy', 'proxy'],
  ['discord-edge', 'discord-edge'],
  ['token-service', 'token-service'],
  ['api', 'api'],
  ['audio', 'audio'],
  ['worker', 'worker'],
  ['supervisor', 'supervisor'],
] as const satisfies readonly (readonly [string, PortName])[];

/** How many of each process can run beside each other on one machine, and those of which several can. */
export const mostReplicas = 2;
const secondPorts = [
  ['gateway-proxy-2', 'proxy-2'],
  ['token-service-2', 'token-service-2'],
  ['api-2', 'api-2'],
  ['worker-2', 'worker-2'],
  ['supervisor-2', 'supervisor-2'],
  ['audio-2', 'audio-2'],
  ['discord-edge-2', 'discord-edge-2'],
] as const satisfies readonly (readonly [string, PortName])[];
/** Two gateway-proxies share their public port, which only Linux spreads among them. */
const onLinuxOnly: ReadonlySet<PortName> = new Set(['proxy-2']);

const defaults: Ports = {
  proxy: 8443,
  public: 8080,
  'discord-edge': 8444,
  'token-service': 3010,
  api: 3000,
  audio: 3002,
  worker: 3003,
  supervisor: 3004,
  postgres: 15432,
  'sandbox-discord': 4500,
  'sandbox-lavalink': 4533,
  'supervisor-2': 3005,
  'audio-2': 3006,
  'discord-edge-2': 8445,
  'proxy-2': 8543,
  'token-service-2': 3020,
  'api-2': 3021,
  'worker-2': 3022,
};

/** Operations listeners (health, metrics) are this far above their process's port, or 20 above within a block. */
const opsDistance = 10_000;
const opsDistanceInBlock = 20;
const blockSize = 40;

export interface PortPlan {
  readonly ports: Ports;
  /** How many run of each process of which several can. */
  readonly replicas: number;
  /** Each process that runs, and the name of its port. */
  readonly processes: readonly (readonly [string, PortName])[];
  /** The second one of a process, if it runs more than once. */
  second(name: PortName): PortName | undefined;
  ops(name: PortName): number;
}

/**
 * The documented ports, or a block of 40 from `base` on, so that several installations run on one machine.
 * @param replicas 1 to `mostReplicas`
 */
export function planPorts(base?: number, replicas = 1, platform = process.platform): PortPlan {
  const seconds = secondPorts.filter(([, port]) => replicas > 1 && (platform === 'linux' || !onLinuxOnly.has(port)));
  const processes = [...processPorts, ...seconds];
  const second = (name: PortName) => seconds.find(([, port]) => port === `${name}-2`)?.[1];
  const common = { replicas, processes, second };
  if (base === undefined) return { ports: defaults, ...common, ops: (name) => defaults[name] + opsDistance };
  if (!Number.isInteger(base) || base < 1024 || base > 65_535 - blockSize) {
    throw callerFault('up.ports', `--ports takes a port from 1024 to ${65_535 - blockSize}.`);
  }
  const ports = Object.fromEntries(portNames.map((name, index) => [name, base + index])) as unknown as Ports;
  return { ports, ...common, ops: (name) => ports[name] + opsDistanceInBlock };
}

/** The ports that are used. */
function namesIn({ processes }: PortPlan): readonly PortName[] {
  const second = new Set<PortName>(secondPorts.map(([, port]) => port));
  const used = new Set<PortName>(processes.map(([, port]) => port));
  return portNames.filter((name) => !second.has(name) || used.has(name));
}

/** Linux assigns these to outgoing connections, unless they are reserved (ip(7)). */
const kernelRange = '/proc/sys/net/ipv4/ip_local_port_range';
const kernelReserved = '/proc/sys/net/ipv4/ip_local_reserved_ports';

/**
 * A warning if the system may assign ports of this plan: any outgoing connection may hold one when the installation or
 * a part of it starts. Undefined if it may not, or if that is unknown.
 */
export async function assignedBySystem(plan: PortPlan, read: ReadText = readText): Promise<string | undefined> {
  const [first, last] = (await read(kernelRange)).trim().split(/\s+/).map(Number);
  if (!first || !last) return undefined;
  const reserved = (await read(kernelReserved))
    .trim()
    .split(',')
    .map((range) => range.split('-').map(Number));
  const isReserved = (port: number) => reserved.some(([from = 0, to = from]) => port >= from && port <= to);
  const ports = namesIn(plan).flatMap((name) => [plan.ports[name], ...(withoutOps.has(name) ? [] : [plan.ops(name)])]);
  const given = ports.filter((port) => port >= first && port <= last && !isReserved(port));
  if (given.length === 0) return undefined;
  const range = `${Math.min(...given)} to ${Math.max(...given)}`;
  return `Ports from ${range} are in the range that the system uses for outgoing connections (${first} to ${last}): a start may find one taken. Choose --ports below ${first}.`;
}

type ReadText = (file: string) => Promise<string>;
const readText: ReadText = (file) => readFile(file, 'utf8').catch(() => '');

const maxNamed = 3;

/** A listening port: its name and address. */
export interface Listener {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** What an installation listens on, on loopback: each part, and the operations listener of each process. */
function listenersOf(plan: PortPlan, names: readonly PortName[]): Listener[] {
  return names.flatMap((name) => [
    { name, host: '127.0.0.1', port: plan.ports[name] },
    ...(withoutOps.has(name) ? [] : [{ name: `${name}, operations`, host: '127.0.0.1', port: plan.ops(name) }]),
  ]);
}

/** What a start listens on: the public listener where the settings put it, and no database if it is an external one. */
export function listenersToBe(
  plan: PortPlan,
  { live, embedded }: { readonly live: Omit<Listener, 'name'> | undefined; readonly embedded: boolean },
): Listener[] {
  const elsewhere = new Set<PortName>([
    ...(live ? (['public', 'sandbox-discord', 'sandbox-lavalink'] as const) : []),
    ...(embedded ? [] : (['postgres'] as const)),
  ]);
  const inside = listenersOf(
    plan,
    namesIn(plan).filter((name) => !elsewhere.has(name)),
  );
  return live ? [...inside, { name: 'listen of the settings', ...live }] : inside;
}

const withoutOps: ReadonlySet<PortName> = new Set(['public', 'postgres', 'sandbox-discord', 'sandbox-lavalink']);

/**
 * Checks before anything is started that no port is in use.
 * @param patienceMs how long to wait for leftovers of an unclean stop to exit
 * @throws BailiwickError up.port-in-use that names the ports and what to do
 */
export async function assertFree(listeners: readonly Listener[], patienceMs: number): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const faults = await Promise.all(listeners.map(faultOf));
    const taken = faults.flatMap((fault) => fault ?? []);
    if (taken.length === 0) return;
    if (Date.now() >= deadline) {
      const more = taken.length > maxNamed ? ` and ${taken.length - maxNamed} more` : '';
      const message = `${taken.slice(0, maxNamed).join(', ')}${more}: stop the program that listens there, or start with --ports <first of ${blockSize} free ports>.`;
      throw callerFault('up.port-in-use', message);
    }
    await delay(200);
  }
}

function faultOf({ name, host, port }: Listener): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be listened on (${error.code ?? error.message})`;
      resolve(`Port ${port} (${name}) ${why}`);
    });
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
