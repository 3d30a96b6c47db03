import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { LimitSettings } from '#gateway-proxy/proxy/limits/limits.ts';
import type { TestProxy } from '#gateway-proxy/proxy/proxy.fixture.ts';
import type { SharedStateSettings } from '#infra/shared-state/settings.ts';
import type { TestInstallation } from './installation.ts';

const root = path.resolve(import.meta.dirname, '..');
const loopback = { host: '127.0.0.1', port: 0 };
const readySchema = z.object({ ready: z.literal(true), port: z.number(), opsPort: z.number() });

export interface ProxyProcess extends AsyncDisposable {
  readonly port: number;
  readonly opsPort: number;
  signal(name: NodeJS.Signals): void;
}

/** A gateway-proxy in a process of its own, beside the one of the test's world. */
export async function startProxyProcess(
  world: TestProxy,
  sharedState: SharedStateSettings,
  limits: Partial<LimitSettings> = {},
  /** Whose token service gives it its identity. */
  installation: Pick<TestInstallation, 'enrolmentFor'> = world.installation,
): Promise<ProxyProcess> {
  await using starting = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-proxy-'));
  starting.defer(() => rm(folder, { recursive: true, force: true }));
  const settingsFile = path.join(folder, 'settings.json');
  const settings = {
    ...installation.enrolmentFor('gateway-proxy'),
    logLevel: 'warn',
    listen: loopback,
    ops: loopback,
    public: loopback,
    database: { url: world.database.urlOf('proxy'), maxConnections: 4 },
    upstreams: world.upstreams,
    sharedState,
    limits,
  };
  await writeFile(settingsFile, JSON.stringify(settings), { mode: 0o600 });
  const child = spawn(process.execPath, ['gateway-proxy/proxy/main.ts'], {
    cwd: root,
    env: { ...process.env, BAILIWICK_SETTINGS_FILE: settingsFile, BAILIWICK_FOLLOW_PARENT: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  starting.defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const over = once(child, 'exit');
    child.kill('SIGTERM');
    await over;
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { port, opsPort } = readySchema.parse(JSON.parse(line));
  const resources = starting.move();
  return {
    port,
    opsPort,
    signal: (name) => void child.kill(name),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
