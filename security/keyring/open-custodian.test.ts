import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { keysSettingsSchema, openCustodian } from './open-custodian.ts';

const owner = { installation: 'test', part: 'worker', logger: silentLogger(), clock: systemClock } as const;
const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('/node-vault/'));

test('keys in files load no client of Vault, which costs memory and time', async () => {
  const folder = path.join(tmpdir(), 'never-written');
  const files = { kind: 'file', folder, keyBase64: randomBytes(32).toString('base64') };
  await using inFiles = await openCustodian(keysSettingsSchema.parse(files), owner);
  expect(await inFiles.health()).toEqual({ status: 'healthy' });
  expect(loaded()).toBe(false);
  const vault = { kind: 'vault', url: 'https://localhost:9', roleId: 'a role', secretId: 'a secret' };
  await using atVault = await openCustodian(keysSettingsSchema.parse(vault), owner);
  expect(await atVault.health()).toMatchObject({ status: 'degraded' });
  expect(loaded()).toBe(true);
});

test('a Vault needs exactly one sign-in', () => {
  const server = { kind: 'vault', url: 'https://vault.example.test' };
  const appRole = { roleId: 'a role', secretId: 'a secret' };
  const kubernetes = { role: 'bw-worker' };
  const isAccepted = (more: object) => keysSettingsSchema.safeParse({ ...server, ...more }).success;
  expect([appRole, { kubernetes }, { ...appRole, namespace: 'team/bots' }].map(isAccepted)).toEqual([true, true, true]);
  for (const wrong of [
    {},
    { roleId: 'a role' },
    { secretId: 'a secret' },
    { ...appRole, kubernetes },
    { roleId: 'a role', kubernetes },
    { kubernetes: { role: '../sys' } },
    { kubernetes: { ...kubernetes, tokenFile: 'token' } },
    { ...appRole, namespace: '../root' },
    { ...appRole, namespace: 'team//bots' },
  ])
    expect({ wrong, isAccepted: isAccepted(wrong) }).toEqual({ wrong, isAccepted: false });
});

test.each(['http://vault.example.test', 'https://name:secret@vault.example.test', 'vault.example.test'])(
  'a Vault at %s is refused',
  (url) => {
    const settings = { kind: 'vault', url, roleId: 'a role', secretId: 'a secret' };
    expect(keysSettingsSchema.safeParse(settings).success).toBe(false);
    expect(keysSettingsSchema.safeParse({ ...settings, url: 'https://vault.example.test' }).success).toBe(true);
  },
);
