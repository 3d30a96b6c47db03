// @module-tag go
// @module-tag linux
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { tenantId } from '#infra/kernel/ids.ts';
import { tenantKeyName } from '#security/keyring/data-keys.ts';
import type { ApiClient } from '#services/cli/src/client.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import { diagnose } from '#services/cli/src/doctor/doctor.ts';
import { attempt, onboard, root, type Attempt, type OnboardedTenant } from '#test/integration/start-attempt.ts';
import { everyCustodian, installation, preparePlatform, type LivePlatform } from './live-platform.ts';

vi.setConfig({ testTimeout: 120_000 });

/** The whole platform with its keys at a real Vault; the tests follow one another. */
const stack = new AsyncDisposableStack();
let live: LivePlatform;
let platform: Attempt;
let api: ApiClient;
let tenant: OnboardedTenant;

beforeAll(async () => {
  live = stack.use(await preparePlatform());
  ({ platform, api } = await live.start());
});
afterAll(() => stack.disposeAsync());

const doctor = async () => {
  const findings = await diagnose({ data: live.dataFolder, live: true, settings: live.settingsFile });
  return findings.filter(({ status }) => status === 'fault');
};

test('onboards a tenant whose keys are at Vault and nowhere else', async () => {
  tenant = await onboard(api, live.door);
  const held = async () => (await live.vault.ask('LIST', 'transit/keys')).body.data?.['keys'] as string[];
  const tenantKey = tenantKeyName(tenantId(tenant.id));
  const expected = [
    `bw-${installation}-api-platform`,
    `bw-${installation}-discord-edge-${tenantKey}`,
    `bw-${installation}-launcher-platform`,
    `bw-${installation}-token-service-platform`,
    `bw-${installation}-worker-${tenantKey}`,
  ];
  await expect.poll(held).toEqual(expect.arrayContaining(expected));
  expect((await readdir(path.join(live.dataFolder, 'keyring'), { recursive: true })).sort()).toEqual([
    'root.vault.json',
  ]);
  const shown = z.object({ custodian: z.unknown(), keys: z.array(z.object({ purpose: z.string() })) });
  const { custodian, keys } = await api.call('GET', `/v1/tenants/${tenant.id}/keys`, shown);
  expect(custodian).toEqual({ kind: 'vault' });
  expect(new Set(keys.map(({ purpose }) => purpose))).toEqual(new Set(['data', 'audit-checkpoint', 'audit-key']));
  expect(await live.custodians()).toEqual(everyCustodian({ status: 'healthy' }));
  expect(await doctor()).toEqual([]);
});

test('refuses what needs a key while Vault is sealed, says so, and goes on by itself once it is unsealed', async () => {
  const { id } = await api.call('POST', '/v1/tenants', z.object({ id: z.string() }), { name: 'Second' });
  const application = await live.door.createApplication('Second Bot');
  await live.door.install(tenant.guild.id, application.id);
  const storeToken = () => api.call('PUT', `/v1/tenants/${id}/token`, z.unknown(), { token: application.token });

  await live.vault.seal();
  await expect
    .poll(live.custodians)
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

  await live.vault.unseal();
  await expect.poll(live.custodians).toEqual(everyCustodian({ status: 'healthy' }));
  await storeToken();
  await eventually('the second bot is ready', async () => (await api.call('GET', `/v1/tenants/${id}`, ready)).ready);
  expect(await doctor()).toEqual([]);
});

test('does not start while Vault is sealed, and says why; opens everything after a restart', async () => {
  platform.signal('SIGTERM');
  expect(await platform.ended).toBe(0);
  await live.vault.seal();
  {
    await using failing = attempt({ args: live.args() });
    expect(await failing.ended).toBe(1);
    expect(failing.said()).toContain('/keys/url  is sealed: unseal it');
  }
  await live.vault.unseal();
  ({ platform, api } = await live.start());
  const ready = z.object({ ready: z.boolean() });
  await eventually('the bot is ready', async () => (await api.call('GET', `/v1/tenants/${tenant.id}`, ready)).ready);
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
      live.dataFolder,
      '--ports',
      String(live.base),
      ...args,
    ],
    { env: { ...process.env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  for (const output of [child.stdout, child.stderr]) output.setEncoding('utf8').on('data', (text) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

const keysAtVault = async () =>
  (await live.vault.ask('LIST', 'transit/keys')).body.data?.['keys'] as string[] | undefined;
const restartWith = async (file: string) => {
  ({ platform, api } = await live.start(file));
  const ready = z.object({ ready: z.boolean() });
  const isReady = async () => (await api.call('GET', `/v1/tenants/${tenant.id}`, ready)).ready;
  await eventually('the bot is ready', isReady);
};

test(
  'moves the keys of a stopped installation to files and back, and nothing is lost',
  { timeout: 240_000 },
  async () => {
    const inFiles = path.join(live.folder, 'files.yaml');
    await writeFile(inFiles, stringify({ ...live.settings(), keys: { kind: 'file' } }));
    const toFiles = ['--settings', inFiles, '--from', live.settingsFile];
    const running = await move(toFiles);
    expect(running).toMatchObject({ code: 1, said: expect.stringContaining('already running') });

    platform.signal('SIGTERM');
    expect(await platform.ended).toBe(0);
    const there = await move(toFiles);
    expect(there).toMatchObject({ code: 0, said: expect.stringContaining('The keys have moved.') });
    // Nothing needs any key at Vault any more.
    const left = (await keysAtVault()) ?? [];
    expect(left.length).toBeGreaterThan(3);
    for (const name of left) {
      expect(there.said).toContain(`transit/keys/${name}\n`);
      await live.vault.ask('POST', `transit/keys/${name}/config`, { deletion_allowed: true });
      await live.vault.ask('DELETE', `transit/keys/${name}`);
    }
    expect(await move(toFiles)).toMatchObject({ code: 0, said: expect.stringMatching(/worker: 0 of \d+ values/) });
    await restartWith(inFiles);
    const shown = z.object({ custodian: z.unknown() });
    expect(await api.call('GET', `/v1/tenants/${tenant.id}/keys`, shown)).toEqual({
      custodian: expect.objectContaining({ kind: 'file' }),
    });

    platform.signal('SIGTERM');
    expect(await platform.ended).toBe(0);
    await live.vault.seal();
    expect(await move(['--settings', live.settingsFile])).toMatchObject({
      code: 1,
      said: expect.stringContaining('is sealed: unseal it'),
    });
    await live.vault.unseal();
    expect(await move(['--settings', live.settingsFile])).toMatchObject({ code: 0 });
    expect(await readdir(path.join(live.dataFolder, 'keyring'), { recursive: true })).toEqual(['root.vault.json']);
    await restartWith(live.settingsFile);
    expect(await doctor()).toEqual([]);
  },
);

test('writes no secret id into a log', async () => {
  const logs = path.join(live.dataFolder, 'logs');
  const texts = await Promise.all((await readdir(logs)).map((name) => readFile(path.join(logs, name), 'utf8')));
  expect(texts.length).toBeGreaterThan(0);
  for (const { secretId } of Object.values(live.roles))
    for (const text of [...texts, platform.said()]) expect(text).not.toContain(secretId);
});
