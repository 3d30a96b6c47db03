import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLogger } from '#infra/logger/logger.ts';
import { freePort } from '#test/free-port.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { enrol, type Agent } from '../agent.ts';
import { verifyCallToken } from '../call-token.ts';
import { service, spiffeId, type ServiceName } from '../spiffe.ts';
import { installationId } from '#infra/kernel/ids.ts';
import { enrolmentHash } from './enrolments.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
/** How often somebody calls while the token service is unavailable. */
const paceMs = 20;
const installation = installationId('test');
const resources = new AsyncDisposableStack();
let database: TestDatabase;
let folder: string;
let port: number;
let settings: object;

beforeAll(async () => {
  database = resources.use(await testDatabase('identity'));
  folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-token-service-'));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  port = await freePort();
  settings = {
    installation,
    listen: { host: '127.0.0.1', port },
    ops: { host: '127.0.0.1', port: 0 },
    database: { url: database.url, maxConnections: 3 },
    keys: { kind: 'file', folder, keyBase64: randomBytes(32).toString('base64') },
    lifetimes: { callTokenSec: 6 },
  };
});
afterAll(() => resources.disposeAsync());

interface Running {
  readonly child: ChildProcess;
  readonly trustBundlePem: string;
  readonly output: () => string;
  enrolment(name: string): Promise<{ token: string; answer: unknown }>;
  ended(): Promise<{ code: number | null; signal: string | null }>;
}

/** Starts the process as the launcher does: settings through a pipe, enrolments over IPC, stdin held open. */
async function startProcess(): Promise<Running> {
  const child = spawn(process.execPath, [main], {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'ipc'],
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      BAILIWICK_SETTINGS_FD: '3',
      BAILIWICK_FOLLOW_PARENT: '1',
    },
  });
  resources.defer(() => {
    child.kill('SIGKILL');
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const messages: unknown[] = [];
  child.on('message', (message) => messages.push(message));
  const ready = once(createInterface(child.stdout as Readable), 'line');
  (child.stdio[3] as Writable).end(JSON.stringify(settings));
  const [line] = (await ready) as [string];
  expect(JSON.parse(line)).toMatchObject({ ready: true, process: 'token-service', port });
  await expect.poll(() => messages).not.toHaveLength(0);
  const { trustBundlePem } = messages[0] as { trustBundlePem: string };
  const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
  return {
    child,
    trustBundlePem,
    output: () => text,
    async enrolment(id) {
      const token = randomBytes(32).toString('base64url');
      const hash = enrolmentHash(token);
      const answered = messages.length;
      child.send({ type: 'enrolment', tokenSha256Base64: hash, spiffeId: id, expiresAtMs: Date.now() + 60_000 });
      await expect.poll(() => messages.length).toBeGreaterThan(answered);
      return { token, answer: messages.at(-1) };
    },
    async ended() {
      const [code, signal] = await exit;
      return { code, signal };
    },
  };
}

async function agentOf(running: Running, name: ServiceName): Promise<Agent> {
  const { token } = await running.enrolment(spiffeId(installation, service(name)));
  const { trustBundlePem } = running;
  const identity = { url: `https://127.0.0.1:${port}`, trustBundlePem, enrolment: token };
  return enrol({ installation, identity }, { workload: service(name), logger: silentLogger() });
}

describe('the token service as a process', () => {
  test('killed and started again, it is the same authority, and nobody notices', { timeout: 60_000 }, async () => {
    const first = await startProcess();
    await using audio = await agentOf(first, 'audio');
    await using proxy = await agentOf(first, 'gateway-proxy');
    const faults: unknown[] = [];
    let calls = 0;
    const calling = { on: true };
    const caller = (async () => {
      while (calling.on) {
        const token = await audio.callToken('gateway-proxy');
        const context = { installation, keys: proxy.keys, revocations: proxy.revocations, nowMs: Date.now() };
        const thumbprint = audio.thumbprint();
        const verdict = await verifyCallToken(token, { ...context, audience: 'gateway-proxy', thumbprint });
        // Verifiers stop when they cannot know of revocations: that, and nothing else, may be visible in an outage.
        if (!verdict.ok && verdict.fault !== 'not-fresh') faults.push(verdict.fault);
        calls += 1;
        await delay(paceMs);
      }
    })().catch((error: unknown) => faults.push(error));

    const before = await audio.callToken('api');
    first.child.kill('SIGKILL');
    expect((await first.ended()).signal).toBe('SIGKILL');
    await expect.poll(() => proxy.revocations.fresh(), { timeout: 10_000 }).toBe(false);
    const second = await startProcess();
    expect(second.trustBundlePem).toBe(first.trustBundlePem);
    await expect.poll(() => proxy.revocations.fresh(), { timeout: 10_000 }).toBe(true);
    // A whole lifetime later, every token in use was issued by the second process.
    const endMs = Date.now() + 6_000;
    await expect.poll(() => Date.now(), { timeout: 20_000 }).toBeGreaterThan(endMs);
    calling.on = false;
    await caller;
    expect(faults).toEqual([]);
    expect(calls).toBeGreaterThan(100);
    expect(await audio.callToken('api')).not.toBe(before);
    await using worker = await agentOf(second, 'worker');
    expect(await worker.keys.find((await proxy.delegate('grant', 'worker')).kid, 'grant')).toBeDefined();

    second.child.kill('SIGTERM');
    expect(await second.ended()).toEqual({ code: 0, signal: null });
    expect(second.output()).not.toMatch(/PRIVATE KEY|eyJ/);
  });

  test('takes enrolments of workloads of its installation only, and ends when its parent is gone', async () => {
    const running = await startProcess();
    for (const id of ['spiffe://other/svc/audio', 'spiffe://test/svc/token-service', 'spiffe://test/svc/root', '']) {
      const { answer } = await running.enrolment(id);
      expect(answer, id).toMatchObject({ type: 'enrolment-refused', code: 'identity.not-a-workload' });
    }
    const { answer, token } = await running.enrolment('spiffe://test/svc/audio');
    expect(answer).toEqual({ type: 'enrolment-known', tokenSha256Base64: enrolmentHash(token) });
    running.child.stdin?.end();
    expect((await running.ended()).code).toBe(0);
  });

  test('has no secret in its arguments or environment', { tags: 'linux' }, async () => {
    const running = await startProcess();
    const { pid } = running.child;
    const visible = await Promise.all(['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8')));
    const { keys, database: stored } = settings as { keys: { keyBase64: string }; database: { url: string } };
    for (const secret of [keys.keyBase64, stored.url]) expect(visible.join('\n')).not.toContain(secret);
    expect(visible[0]).toContain('main.ts');
    running.child.kill('SIGTERM');
    await running.ended();
  });
});
