import { createServer } from 'node:net';
import { callerFault } from '#infra/kernel/errors.ts';

/** The address of everything that listens. */
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
] as const;
export type PortName = (typeof portNames)[number];
export type Ports = Readonly<Record<PortName, number>>;

const defaults: Ports = {
  proxy: 8443,
  public: 8080,
  'discord-edge': 8444,
  'token-service': 3010,
  api: 3000,
  audio: 3002,
  worker: 3003,
  supervisor: 3004,
  postgres: 54320,
  'sandbox-discord': 4500,
  'sandbox-lavalink': 4533,
};

/** Operations listeners (health, metrics) stand this far above their process's port, or 20 above within a block. */
const opsDistance = 10_000;
const opsDistanceInBlock = 20;
const blockSize = 40;

export interface PortPlan {
  readonly ports: Ports;
  ops(name: PortName): number;
}

/** The documented ports, or a block of 40 from `base` on, so that several installations run on one machine. */
export function planPorts(base?: number): PortPlan {
  if (base === undefined) return { ports: defaults, ops: (name) => defaults[name] + opsDistance };
  if (!Number.isInteger(base) || base < 1024 || base > 65_535 - blockSize) {
    throw callerFault('up.ports', `--ports takes a port from 1024 to ${65_535 - blockSize}.`);
  }
  const ports = Object.fromEntries(portNames.map((name, index) => [name, base + index])) as unknown as Ports;
  return { ports, ops: (name) => ports[name] + opsDistanceInBlock };
}

/** @throws BailiwickError up.port-in-use that names the port and what to do. */
export async function assertFree(plan: PortPlan, names: readonly PortName[]): Promise<void> {
  for (const name of names) {
    const port = plan.ports[name];
    if (await isFree(port)) continue;
    const message = `Port ${port} (${name}) is in use: stop what listens there, or start with --ports <first of ${blockSize} free ports>.`;
    throw callerFault('up.port-in-use', message);
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
