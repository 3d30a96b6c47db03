import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { LimitSettings } from '#gateway-proxy/proxy/limits/limits.ts';
import type { SharedStateSettings } from '#infra/shared-state/settings.ts';
import { memoryEnvironment, nodeFlags } from '#services/cli/src/up/process-flags.ts';
import type { TestInstallation } from '../../installation.ts';
import { node } from './contents.ts';
import type { Start, UpstreamUrls } from './parts.ts';

/** A proxy that is measured. */
export interface Subject {
  readonly name: string;
  readonly url: string;
  /** What it expects for Authorization. */
  readonly bearer: 'call-token' | 'jwt';
  /** CPU time, user and system, since its start, and its memory now. */
  usage(): Promise<{ cpuSec: number; rssMiB: number }>;
}

const flags = nodeFlags('gateway-proxy');
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
/** The next message of a child. */
export const heard = async <Message>(child: ChildProcess): Promise<Message> =>
  (await once(child, 'message'))[0] as Message;

/** A process of the bench, with the flags of gateway-proxy, and the first message that it sends. */
export async function startChild<Ready>(
  file: string,
  start: Start,
  stack: AsyncDisposableStack,
): Promise<[ChildProcess, Ready]> {
  const child = fork(here(file), { execArgv: [...flags], env: { ...process.env, ...memoryEnvironment } });
  stack.defer(() => void child.kill());
  const ready = heard<Ready>(child);
  child.send(start);
  return [child, await ready];
}

export interface GatewayProxyOptions {
  readonly name?: string;
  readonly sharedState?: SharedStateSettings;
  /** Of one tenant; by default more than a bench sends. */
  readonly tenant?: LimitSettings['tenant'];
}

/** The real process, from its own main.ts, with settings that only raise the limits. */
export async function startGatewayProxy(
  installation: TestInstallation,
  upstreams: UpstreamUrls,
  stack: AsyncDisposableStack,
  { name = 'gateway-proxy, every check', sharedState = { kind: 'memory' }, tenant }: GatewayProxyOptions = {},
): Promise<Subject> {
  const wide = { perSec: 1e6, burst: 1e6 };
  const loopback = { host: '127.0.0.1', port: 0 };
  const settings = {
    ...installation.enrolmentFor('gateway-proxy'),
    logLevel: 'warn',
    listen: loopback,
    ops: loopback,
    public: loopback,
    database: { url: installation.database.urlOf('proxy'), maxConnections: 4 },
    upstreams: { audio: { url: upstreams.audio }, 'discord-edge': { url: upstreams['discord-edge'] } },
    lavalink: { nodes: [{ id: node, url: upstreams.lavalink, password: 'bench' }] },
    sharedState,
    limits: { tenant: tenant ?? wide, denials: wide, workload: wide, inFlightPerTenant: 1_000 },
  };
  const profile = process.env.BAILIWICK_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${tmpdir()}`] : [];
  const child = spawn(process.execPath, [...flags, ...profile, here('../../../gateway-proxy/proxy/main.ts')], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    env: { ...process.env, ...memoryEnvironment, BAILIWICK_SETTINGS_FD: '3' },
  });
  stack.defer(async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  (child.stdio[3] as Writable).end(JSON.stringify(settings));
  if (!child.stdout) throw new Error('gateway-proxy has no stdout');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const ready = JSON.parse(line) as { ready: boolean; port: number; opsPort: number; error?: string };
  if (!ready.ready) throw new Error(`gateway-proxy did not start: ${ready.error}`);
  return {
    name,
    url: `https://127.0.0.1:${ready.port}`,
    bearer: 'call-token',
    async usage() {
      const report = (await (await fetch(`http://127.0.0.1:${ready.opsPort}/performance`)).json()) as {
        cpuSec: { user: number; system: number };
        memoryBytes: { rss: number };
      };
      return { cpuSec: report.cpuSec.user + report.cpuSec.system, rssMiB: report.memoryBytes.rss / 2 ** 20 };
    },
  };
}

/** @fastify/http-proxy alone, in a process of its own. */
export async function startBareProxy(start: Extract<Start, { role: 'bare-proxy' }>, stack: AsyncDisposableStack) {
  const [child, { port }] = await startChild<{ port: number }>('./bare-proxy.ts', start, stack);
  const subject: Subject = {
    name: 'bare @fastify/http-proxy',
    url: `https://127.0.0.1:${port}`,
    bearer: 'call-token',
    usage() {
      const answer = heard<{ cpuSec: number; rssMiB: number }>(child);
      child.send('usage');
      return answer;
    },
  };
  return subject;
}
