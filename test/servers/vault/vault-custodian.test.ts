// @module-tag go
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLogger } from '#infra/logger/logger.ts';
import { describeCustodian } from '#security/keyring/custodian.contract.ts';
import { createVaultCustodian } from '#security/keyring/vault/vault-custodian.ts';
import { vaultSettingsSchema } from '#security/keyring/vault/settings.ts';
import { buildVault, VaultServer } from './vault-server.ts';

/** The custodian whose keys Vault holds, against a real Vault. */
let folder: string;
let vault: VaultServer;
const logger = silentLogger();
const stack = new AsyncDisposableStack();
let installations = 0;

/** What a process of the platform needs, and nothing else. */
const policyOf = (prefix: string) => `
path "transit/keys/${prefix}-*" { capabilities = ["create", "update", "read", "delete"] }
path "transit/encrypt/${prefix}-*" { capabilities = ["update"] }
path "transit/decrypt/${prefix}-*" { capabilities = ["update"] }
`;

async function custodianOf(prefix = `bw-test${(installations += 1)}-edge`, tokenSec?: number) {
  const credentials = await vault.role(prefix, policyOf(prefix), tokenSec);
  const settings = vaultSettingsSchema.parse({ url: vault.url, prefix, auth: { kind: 'approle', ...credentials } });
  return () => stack.use(createVaultCustodian(settings, { logger }));
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-vault-build-'));
  vault = stack.use(await VaultServer.start(await buildVault(folder)));
}, 600_000);

afterAll(async () => {
  await stack.disposeAsync();
  await rm(folder, { recursive: true, force: true });
});

describeCustodian('Vault', async () => {
  const open = await custodianOf();
  return { custodian: open(), reopen: async () => open() };
});

describe('a custodian at Vault', () => {
  const context = Buffer.from('tenant a');
  const dataKey = Buffer.alloc(32, 7);

  test('goes on after Vault was killed, sealed and unsealed', async () => {
    const custodian = (await custodianOf())();
    await custodian.createKey('tenant-a');
    const wrapped = await custodian.wrap('tenant-a', dataKey, context);
    await vault.kill();
    await expect(custodian.unwrap('tenant-a', wrapped, context)).rejects.toMatchObject({ code: 'keyring.unavailable' });
    await vault.run();
    await expect
      .poll(() => custodian.unwrap('tenant-a', wrapped, context).catch((error: Error) => error.message), {
        timeout: 10_000,
      })
      .toContain('sealed');
    await vault.unseal();
    await expect
      .poll(async () => Buffer.from(await custodian.unwrap('tenant-a', wrapped, context)), { timeout: 10_000 })
      .toEqual(dataKey);
  });

  test('signs in again when its token was revoked', async () => {
    const custodian = (await custodianOf())();
    await custodian.createKey('tenant-a');
    const wrapped = await custodian.wrap('tenant-a', dataKey, context);
    await vault.ask('PUT', 'sys/leases/revoke-prefix/auth/approle');
    expect(Buffer.from(await custodian.unwrap('tenant-a', wrapped, context))).toEqual(dataKey);
  });

  test('renews its token before it expires', async () => {
    const custodian = (await custodianOf(undefined, 2))();
    await custodian.createKey('tenant-a');
    const wrapped = await custodian.wrap('tenant-a', dataKey, context);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(Buffer.from(await custodian.unwrap('tenant-a', wrapped, context))).toEqual(dataKey);
  });

  test('has no key that an encryption made, and none of another part', async () => {
    const [one, other] = [(await custodianOf())(), (await custodianOf())()];
    await one.createKey('tenant-a');
    const wrapped = await one.wrap('tenant-a', dataKey, context);
    await expect(one.wrap('tenant-b', dataKey, context)).rejects.toMatchObject({ code: 'keyring.unknown-key' });
    await expect(other.unwrap('tenant-a', wrapped, context)).rejects.toMatchObject({ code: 'keyring.unknown-key' });
    const keys = await vault.ask('LIST', 'transit/keys');
    expect(JSON.stringify(keys.body.data)).not.toContain('tenant-b');
  });

  test('says that the sign-in was refused, without the secret', async () => {
    const settings = vaultSettingsSchema.parse({
      url: vault.url,
      prefix: 'bw-test-edge',
      auth: { kind: 'approle', roleId: 'nobody', secretId: 'very-secret' },
    });
    await using custodian = createVaultCustodian(settings, { logger });
    const refused = custodian.createKey('tenant-a');
    await expect(refused).rejects.toMatchObject({ code: 'keyring.unavailable' });
    await expect(refused).rejects.toThrow(/sign-in was refused/);
    await expect(refused).rejects.not.toThrow(/very-secret/);
  });
});
