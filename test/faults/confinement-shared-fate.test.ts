// @module-tag linux
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { TenantId } from '#infra/kernel/ids.ts';
import { buildBot } from '#services/gateway/build.ts';
import type { Supervisor } from '#tenants/supervisor/supervisor.ts';
import { startConfinementFixture, type ConfinementFixture } from '#test/security/confinement-fixture.ts';
import { bundleFolder, hostilePrelude } from '#test/security/confinement-hostile.ts';

const within = { timeout: 25_000, interval: 100 };
const resources = new AsyncDisposableStack();
let fixture: ConfinementFixture;
let folder: Awaited<ReturnType<typeof bundleFolder>>;

beforeAll(async () => {
  fixture = resources.use(await startConfinementFixture());
  folder = resources.use(await bundleFolder());
});
afterAll(() => resources.disposeAsync());

/** The real bot, which changes into `into` when it is started for this tenant. */
async function bundleThatTurns(name: string, tenant: TenantId, into: string): Promise<string> {
  const bundle = await readFile((await buildBot()).file, 'utf8');
  const turn = `process.on('message', ({ settings }) => { if (settings?.tenant === ${JSON.stringify(tenant)}) { ${into} } });`;
  return folder.write(name, `${turn}\n${bundle}`);
}

async function startTwo(
  name: string,
  into: string,
): Promise<{ supervisor: Supervisor; bad: TenantId; good: TenantId; pid: number }> {
  const bad = await fixture.tenant();
  const good = await fixture.tenant();
  const supervisor = await fixture.supervisor({ bundleFile: await bundleThatTurns(name, bad, into) });
  await supervisor.start(good, 'req_test');
  // Beside the bots of earlier tests, which this supervisor runs on.
  await vi.waitFor(async () => expect((await supervisor.read(good)).state).toBe('ready'), within);
  const pid = supervisor.pidOf(good) ?? 0;
  await supervisor.start(bad, 'req_test');
  return { supervisor, bad, good, pid };
}

const readyAndTheSame = async (supervisor: Supervisor, good: TenantId, pid: number): Promise<void> => {
  expect(await supervisor.read(good)).toMatchObject({ state: 'ready', restarts: 0 });
  expect(supervisor.pidOf(good)).toBe(pid);
};

describe("one tenant's trouble", () => {
  test('a crash loop ends in the state failed with a plain reason, and another bot keeps running', async () => {
    const { supervisor, bad, good, pid } = await startTwo('crashes', 'process.exit(3);');
    await vi.waitFor(async () => expect((await supervisor.read(bad)).state).toBe('failed'), within);
    const state = await supervisor.read(bad);
    expect(state).toMatchObject({ desired: 'running', restarts: 4 });
    expect(state.reason).toBe(
      'The bot stopped 5 times within a minute and is no longer restarted. Last time it exited with code 3.',
    );
    await readyAndTheSame(supervisor, good, pid);
    await supervisor.start(bad, 'req_test');
    expect((await supervisor.read(bad)).state).not.toBe('failed');
  });

  test('a memory leak ends the bot that leaks, and another bot keeps running', async () => {
    const leak = `const held = []; setInterval(() => held.push(Buffer.alloc(8 << 20, 1)), 10);`;
    const { supervisor, bad, good, pid } = await startTwo('leaks', leak);
    await vi.waitFor(async () => expect((await supervisor.read(bad)).restarts).toBeGreaterThan(0), within);
    await readyAndTheSame(supervisor, good, pid);
    await supervisor.stop(bad, 'req_test');
  });

  test('a bot that prints without end and never idles does not affect the supervisor or another bot', async () => {
    const noise = `const line = 'x'.repeat(10_000) + '\\n'; const print = () => { for (let i = 0; i < 100; i += 1) process.stderr.write(line); setImmediate(print); }; print();`;
    const { supervisor, bad, good, pid } = await startTwo('prints', noise);
    await vi.waitFor(() => expect(supervisor.pidOf(bad)).toBeDefined(), within);
    fixture.edge.cut(good);
    await vi.waitFor(() => expect(fixture.edge.attached(good)).toBe(true), within);
    await vi.waitFor(() => readyAndTheSame(supervisor, good, pid), within);
    await supervisor.stop(bad, 'req_test');
    expect(supervisor.pidOf(bad)).toBeUndefined();
  });
});

describe('a tenant', () => {
  test('that is suspended has no bot until it is resumed', async () => {
    const tenant = await fixture.tenant();
    const supervisor = await fixture.supervisor();
    await supervisor.start(tenant, 'req_test');
    const pid = supervisor.pidOf(tenant) ?? 0;
    await fixture.setStatus(tenant, 'suspended');
    await supervisor.tenantChanged(tenant);
    await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), within);
    await expect(supervisor.start(tenant, 'req_test')).rejects.toMatchObject({ code: 'instance.tenant-not-active' });
    await fixture.setStatus(tenant, 'active');
    await supervisor.tenantChanged(tenant);
    await vi.waitFor(async () => expect((await supervisor.read(tenant)).state).toBe('ready'), within);
  });
});

describe('a bot whose supervisor is gone', () => {
  const entry = fileURLToPath(new URL('../../tenants/supervisor/main.ts', import.meta.url));

  /** The supervisor as a separate process; its bots ignore that it is gone. */
  async function startProcess(): Promise<{ child: ChildProcess; bots: () => number[] }> {
    const tenants = [await fixture.tenant(), await fixture.tenant()];
    const wanted = await fixture.supervisor();
    for (const tenant of tenants) await wanted.start(tenant, 'req_test');
    await fixture.endSupervisor();
    const bundleFile = await folder.write(
      'stays',
      `${hostilePrelude} process.on('disconnect', () => undefined); process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000);`,
    );
    const child = spawn(process.execPath, [entry], {
      stdio: ['pipe', 'pipe', 'ignore', 'pipe'],
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        BAILIWICK_SETTINGS_FD: '3',
        BAILIWICK_FOLLOW_PARENT: '1',
      },
    });
    const settings = child.stdio[3] as Writable;
    settings.end(
      JSON.stringify({
        ...fixture.installation.enrolmentFor('supervisor'),
        listen: { host: '127.0.0.1', port: 0 },
        ops: { host: '127.0.0.1', port: 0 },
        proxy: { url: fixture.edge.url },
        database: { url: fixture.installation.database.urlOf('supervisor'), maxConnections: 2 },
        bots: { bundleFile },
      }),
    );
    const bots = () => childrenOf(child.pid ?? 0);
    await vi.waitFor(
      () => expect(bots().filter((pid) => nameOf(pid).startsWith('node')).length).toBeGreaterThanOrEqual(2),
      within,
    );
    return { child, bots };
  }

  test('is ended by the kernel when the supervisor is killed', async () => {
    const { child, bots } = await startProcess();
    const pids = bots();
    child.kill('SIGKILL');
    await once(child, 'exit');
    await vi.waitFor(() => expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]), within);
  });

  test("is ended with the supervisor when the supervisor's own parent dies", async () => {
    const { child, bots } = await startProcess();
    const pids = bots();
    child.stdin?.end();
    await once(child, 'exit');
    await vi.waitFor(() => expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]), within);
  });
});

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && parentOf(pid) === parent);
}

/** Undefined for a process that has ended by now. */
function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8');
  } catch {
    return '';
  }
}
