import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { keysSettingsSchema } from './open-custodian.ts';

const script = `
import { createRequire } from 'node:module';
import { systemClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { keysSettingsSchema, openCustodian } from '#security/keyring/open-custodian.ts';
import '#security/keyring/external/external-keys.ts';

const [file, keyBase64] = process.argv.slice(1);
const owner = { installation: 'test', part: 'worker', logger: silentLogger(), clock: systemClock };
const loaded = () => Object.keys(createRequire(file).cache).some((each) => each.includes('/node-vault/'));
const open = (keys) => openCustodian(keysSettingsSchema.parse(keys), owner);
await using inFiles = await open({ kind: 'file', folder: '/never-written', keyBase64 });
const before = [(await inFiles.health()).status, loaded()];
await using atVault = await open({ kind: 'vault', url: 'https://localhost:9', roleId: 'a role', secretId: 'a secret' });
const after = [(await atVault.health()).status, loaded()];
console.log(JSON.stringify({ before, after }));
`;

test('keys in files load no client of Vault, which costs memory and time', async () => {
  // In a process of its own: other tests may have loaded it in this one.
  const args = ['--input-type=module', '--eval', script, import.meta.filename, randomBytes(32).toString('base64')];
  const cwd = path.resolve(import.meta.dirname, '../..');
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd });
  expect(JSON.parse(stdout)).toEqual({ before: ['healthy', false], after: ['degraded', true] });
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
