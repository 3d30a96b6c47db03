// @module-tag go
// @module-tag linux
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { Agent, getGlobalDispatcher, setGlobalDispatcher, type Dispatcher } from 'undici';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { tenantId } from '#infra/kernel/ids.ts';
import { createOperations } from '#infra/observability/operations.ts';
import { tenantKeyName } from '#security/keyring/envelope.ts';
import { keyKeepers } from '#security/keyring/custodian-owner.ts';
import type { ApiClient } from '#services/cli/src/client.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import { diagnose } from '#services/cli/src/doctor/doctor.ts';
import { planPorts, processPorts } from '#services/cli/src/up/ports.ts';
import { createAuthority } from '#test/authority.ts';
import { freeBlock } from '#test/free-port.ts';
import {
  attempt,
  onboard,
  ownerOf,
  root,
  type Attempt,
  type OnboardedTenant,
} from '#test/integration/start-attempt.ts';
import { startSandbox, type Sandbox } from '#test/sandbox/sandbox.ts';
import { scratchFolder } from '#test/scratch.ts';
import { createSandbox, type Sandbox as Door } from '../../e2e/sandbox.ts';
import { warm } from '../../e2e/warm-cache.ts';
import { rolesOf } from './policies.ts';
import { VaultServer, type AppRole } from './vault-server.ts';

vi.setConfig({ testTimeout: 120_000 });

/** The whole platform with the settings of --live, its keys at a real Vault; the tests follow one another. */
const installation = 'bots.example.test';
const stack = new AsyncDisposableStack();
let vault: VaultServer;
let roles: Readonly<Record<string, AppRole>>;
let remote: Sandbox;
let folder: string;
let base: number;
let platform: Attempt;
let api: ApiClient;
let door: Door;
let tenant: OnboardedTenant;

beforeAll(async () => {
  vault = stack.use(await VaultServer.start());
  roles = await rolesOf(vault, installation);
  const authority = await createAuthority();
  remote = stack.use(await startSandbox({ host: 'localhost', tls: await authority.issue('localhost') }));
  const usual: Dispatcher = getGlobalDispatcher();
  setGlobalDispatcher(new Agent({ connect: { ca: authority.certPem } }));
  stack.defer(() => setGlobalDispatcher(usual));
  folder = await scratchFolder('vault-platform');
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  base = await freeBlock();
  await writeFile(path.join(folder, 'authority.pem'), authority.certPem);
  await writeFile(path.join(folder, 'vault.pem'), vault.trustPem);
  await writeFile(path.join(folder, 'lavalink-password'), remote.lavalink.password, { mode: 0o600 });
  for (const part of keyKeepers)
    await writeFile(path.join(folder, `vault-${part}`), roles[part]?.secretId ?? '', { mode: 0o600 });
  await warm(dataFolder());
  await writeFile(settingsFile(), stringify(settings()));
  platform = stack.use(attempt({ args: start() }));
  await platform.until('Stop: Ctrl-C');
  api = await ownerOf(platform, base + 1);
  door = createSandbox(remote.discord.chatUrl);
}, 600_000);
afterAll(() => stack.disposeAsync());

const dataFolder = () => path.join(folder, 'data');
const settingsFile = () => path.join(folder, 'live.yaml');
const start = () => ['--live', '--settings', settingsFile(), '--data', dataFolder(), '--ports', String(base)];
const settings = () => ({
  publicUrl: `https://${installation}`,
  listen: { host: '127.0.0.1', port: base + 1 },
  discord: { apiUrl: remote.discord.apiUrl, trustFile: './authority.pem' },
  lavalink: {
    nodes: [
      {
        id: 'far',
        url: `https://localhost:${remote.lavalink.port}`,
        passwordFile: './lavalink-password',
        trustFile: './authority.pem',
      },
    ],
  },
  keys: {
    kind: 'vault',
    url: vault.url,
    trustFile: './vault.pem',
    appRoles: Object.fromEntries(
      keyKeepers.map((part) => [part, { roleId: roles[part]?.roleId, secretIdFile: `./vault-${part}` }]),
    ),
  },
});

/** The state of the custodian in each process that has one. */
async function custodians(): Promise<Record<string, { status: string; message?: string } | undefined>> {
  const plan = planPorts(base);
  await using operations = createOperations(
    processPorts
      .filter(([name]) => (keyKeepers as readonly string[]).includes(name))
      .map(([name, port]) => ({ name, url: `http://127.0.0.1:${plan.ops(port)}` })),
  );
  const health = await operations.health();
  return Object.fromEntries(
    health.map(({ name, causes }) => {
      const cause = causes.find((each) => each.name === 'custodian');
      return [name, cause && { status: cause.status, ...(cause.message ? { message: cause.message } : {}) }];
    }),
  );
}
const everyCustodian = (state: object) => Object.fromEntries(keyKeepers.map((part) => [part, state]));
const doctor = async () => {
  const findings = await diagnose({ data: dataFolder(), live: true, settings: settingsFile() });
  return findings.filter(({ status }) => status === 'fault');
};

test('onboards a tenant whose keys are at Vault and nowhere else', async () => {
  tenant = await onboard(api, door);
  const held = async () => (await vault.ask('LIST', 'transit/keys')).body.data?.['keys'] as string[];
  const tenantKey = tenantKeyName(tenantId(tenant.id));
  const expected = [
    `bw-${installation}-discord-edge-${tenantKey}`,
    `bw-${installation}-token-service-platform`,
    `bw-${installation}-worker-${tenantKey}`,
  ];
  await expect.poll(held, { timeout: 10_000 }).toEqual(expect.arrayContaining(expected));
  expect((await readdir(path.join(dataFolder(), 'keyring'), { recursive: true })).sort()).toEqual([
    'root.json',
    'root.key',
  ]);
  const shown = z.object({ custodian: z.unknown(), keys: z.array(z.object({ purpose: z.string() })) });
  const { custodian, keys } = await api.call('GET', `/v1/tenants/${tenant.id}/keys`, shown);
  expect(custodian).toEqual({ kind: 'vault' });
  expect(new Set(keys.map(({ purpose }) => purpose))).toEqual(new Set(['data', 'audit-checkpoint', 'audit-key']));
  expect(await custodians()).toEqual(everyCustodian({ status: 'healthy' }));
  expect(await doctor()).toEqual([]);
});

test('refuses what needs a key while Vault is sealed, says so, and goes on by itself once it is unsealed', async () => {
  const { id } = await api.call('POST', '/v1/tenants', z.object({ id: z.string() }), { name: 'Second' });
  const application = await door.createApplication('Second Bot');
  await door.install(tenant.guild.id, application.id);
  const storeToken = () => api.call('PUT', `/v1/tenants/${id}/token`, z.unknown(), { token: application.token });

  await vault.seal();
  await expect
    .poll(custodians, { timeout: 15_000 })
    .toEqual(
      everyCustodian({ status: 'degraded', message: expect.stringMatching(/Vault cannot be used: it is sealed/) }),
    );
  await expect(storeToken()).rejects.toMatchObject({ status: 503, code: 'keyring.unavailable' });
  const ready = z.object({ ready: z.boolean() });
  expect(await api.call('GET', `/v1/tenants/${id}`, ready)).toMatchObject({ ready: false });
  // It needs no key to stay connected.
  expect(await api.call('GET', `/v1/tenants/${tenant.id}`, ready)).toMatchObject({ ready: true });
  expect(await doctor()).toContainEqual(
    expect.objectContaining({ about: 'keys', says: '/keys/url: is sealed: unseal it' }),
  );

  await vault.unseal();
  await expect.poll(custodians, { timeout: 15_000 }).toEqual(everyCustodian({ status: 'healthy' }));
  await storeToken();
  await eventually(
    'the second bot is ready',
    async () => (await api.call('GET', `/v1/tenants/${id}`, ready)).ready,
    30_000,
  );
  expect(await doctor()).toEqual([]);
});

test('does not start while Vault is sealed, and says why; opens everything after a restart', async () => {
  platform.signal('SIGTERM');
  expect(await platform.ended).toBe(0);
  await vault.seal();
  {
    await using failing = attempt({ args: start() });
    expect(await failing.ended).toBe(1);
    expect(failing.said()).toContain('/keys/url  is sealed: unseal it');
  }
  await vault.unseal();
  platform = stack.use(attempt({ args: start() }));
  await platform.until('Stop: Ctrl-C');
  api = await ownerOf(platform, base + 1);
  const ready = z.object({ ready: z.boolean() });
  await eventually(
    'the bot is ready',
    async () => (await api.call('GET', `/v1/tenants/${tenant.id}`, ready)).ready,
    30_000,
  );
});

/** Runs `bailiwick keys move`. */
async function move(args: readonly string[]): Promise<{ code: number | null; said: string }> {
  const main = path.join(root, 'services/cli/src/main.ts');
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      main,
      'keys',
      'move',
      '--data',
      dataFolder(),
      '--ports',
      String(base),
      ...args,
    ],
    { env: { ...process.env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  for (const output of [child.stdout, child.stderr]) output.setEncoding('utf8').on('data', (text) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

const keysAtVault = async () => (await vault.ask('LIST', 'transit/keys')).body.data?.['keys'] as string[] | undefined;
const restartWith = async (file: string) => {
  platform = stack.use(attempt({ args: [...start(), '--settings', file] }));
  await platform.until('Stop: Ctrl-C');
  api = await ownerOf(platform, base + 1);
  const ready = z.object({ ready: z.boolean() });
  const isReady = async () => (await api.call('GET', `/v1/tenants/${tenant.id}`, ready)).ready;
  await eventually('the bot is ready', isReady, 30_000);
};

test(
  'moves the keys of a stopped installation to files and back, and nothing is lost',
  { timeout: 240_000 },
  async () => {
    const inFiles = path.join(folder, 'files.yaml');
    await writeFile(inFiles, stringify({ ...settings(), keys: { kind: 'file' } }));
    const toFiles = ['--settings', inFiles, '--from', settingsFile()];
    const running = await move(toFiles);
    expect(running).toMatchObject({ code: 1, said: expect.stringContaining('already running') });

    platform.signal('SIGTERM');
    expect(await platform.ended).toBe(0);
    expect(await move([...toFiles, '--destroy-old'])).toMatchObject({
      code: 1,
      said: expect.stringContaining('deleted by its administrator'),
    });
    const there = await move(toFiles);
    expect(there).toMatchObject({ code: 0, said: expect.stringContaining('The keys have moved.') });
    // Nothing needs any key at Vault any more.
    const left = (await keysAtVault()) ?? [];
    expect(left.length).toBeGreaterThan(3);
    for (const name of left) {
      expect(there.said).toContain(`transit/keys/${name}\n`);
      await vault.ask('POST', `transit/keys/${name}/config`, { deletion_allowed: true });
      await vault.ask('DELETE', `transit/keys/${name}`);
    }
    expect(await move(toFiles)).toMatchObject({ code: 0, said: expect.stringMatching(/worker: 0 of \d+ values/) });
    await restartWith(inFiles);
    const shown = z.object({ custodian: z.unknown() });
    expect(await api.call('GET', `/v1/tenants/${tenant.id}/keys`, shown)).toEqual({
      custodian: expect.objectContaining({ kind: 'file' }),
    });

    platform.signal('SIGTERM');
    expect(await platform.ended).toBe(0);
    await vault.seal();
    expect(await move(['--settings', settingsFile()])).toMatchObject({
      code: 1,
      said: expect.stringContaining('is sealed: unseal it'),
    });
    await vault.unseal();
    expect(await move(['--settings', settingsFile(), '--destroy-old'])).toMatchObject({ code: 0 });
    expect(
      (await readdir(path.join(dataFolder(), 'keyring'), { recursive: true })).filter((name) =>
        /tenant|platform/.test(name),
      ),
    ).toEqual([]);
    await restartWith(settingsFile());
    expect(await doctor()).toEqual([]);
  },
);

test('writes no secret id into a log', async () => {
  const logs = path.join(dataFolder(), 'logs');
  const texts = await Promise.all((await readdir(logs)).map((name) => readFile(path.join(logs, name), 'utf8')));
  expect(texts.length).toBeGreaterThan(0);
  for (const { secretId } of Object.values(roles))
    for (const text of [...texts, platform.said()]) expect(text).not.toContain(secretId);
});
