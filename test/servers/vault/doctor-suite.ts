import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { newTenantId } from '#infra/kernel/ids.ts';
import { tenantKeyName } from '#security/keyring/data-keys.ts';
import { keyKeepers, type KeyKeeper } from '#security/keyring/custodian-owner.ts';
import { vaultKeyPrefix } from '#security/keyring/vault/key-names.ts';
import { ownersOf } from '#security/keyring/vault/rights.ts';
import type { SealingKey } from '#services/cli/src/doctor/database.ts';
import type { Finding } from '#services/cli/src/doctor/finding.ts';
import { checkLive } from '#services/cli/src/doctor/outside.ts';
import { checkVaultKeys } from '#services/cli/src/doctor/vault.ts';
import type { VaultOfInstallation } from '#services/cli/src/up/options.ts';
import { policyOf, rolesOf } from './policies.ts';
import { VaultServer, type AppRole, type ServerKind } from './vault-server.ts';

let vault: VaultServer;
let installations = 0;
let installation: string;
let roles: Record<KeyKeeper, AppRole>;
let sealedWith: readonly SealingKey[];

const keyOf = ({ keeper, of }: SealingKey): string =>
  `${vaultKeyPrefix(installation, keeper)}${tenantKeyName(of as Parameters<typeof tenantKeyName>[0])}`;
const keyAt = (keeper: KeyKeeper): string => {
  const found = sealedWith.find((each) => each.keeper === keeper);
  return found ? keyOf(found) : '';
};

/** What `bailiwick doctor` finds at a real server in which something really is wrong. */
export function doctorStands(kind: ServerKind): void {
  beforeAll(async () => {
    vault = await VaultServer.start(kind);
  });
  afterAll(() => vault[Symbol.asyncDispose]());

  /** An installation with a key of each part. */
  beforeEach(async () => {
    installation = `doctor${(installations += 1)}.example`;
    roles = await rolesOf(vault, installation);
    const tenant = newTenantId();
    sealedWith = keyKeepers.map((keeper) => ({
      keeper,
      of: ownersOf[keeper].includes('tenant') ? tenant : 'platform',
    }));
    for (const key of sealedWith)
      await vault.ask('POST', `transit/keys/${keyOf(key)}`, { type: 'aes256-gcm96', derived: true });
  });

  const settings = (): VaultOfInstallation => ({
    url: vault.url,
    mount: 'transit',
    authMount: 'approle',
    trustPem: vault.trustPem,
    signIns: roles,
  });
  async function found(): Promise<readonly Finding[]> {
    const findings = await checkVaultKeys(settings(), installation, sealedWith);
    for (const { secretId } of Object.values(roles)) expect(JSON.stringify(findings)).not.toContain(secretId);
    return findings;
  }
  const faults = async () => (await found()).filter(({ status }) => status !== 'ok');
  const policy = (part: KeyKeeper, text: string) => vault.setPolicy(`bw-${installation}-${part}`, text);

  test('finds nothing to fix where everything is as described', async () => {
    expect(await found()).toEqual(
      keyKeepers.map((part) => ({ about: 'keys', status: 'ok', says: `${part} can use its keys at Vault` })),
    );
  });

  describe('finds, and says how to fix,', () => {
    test('a sealed Vault, once', async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-vault-doctor-'));
      const file = path.join(folder, 'live.yaml');
      try {
        await writeFile(path.join(folder, 'authority.pem'), vault.trustPem);
        await writeFile(path.join(folder, 'secret'), 'a secret id', { mode: 0o600 });
        const role = { roleId: 'a role', secretIdFile: './secret' };
        const appRoles = Object.fromEntries(keyKeepers.map((part) => [part, role]));
        const nobody = 'https://localhost:9';
        const document = {
          publicUrl: `https://${installation}`,
          listen: { host: '127.0.0.1', port: 8080 },
          discord: { apiUrl: nobody },
          lavalink: { nodes: [{ id: 'main', url: nobody, passwordFile: './secret' }] },
          keys: { kind: 'vault', url: vault.url, trustFile: './authority.pem', appRoles },
        };
        await writeFile(file, stringify(document));
        const ofKeys = async () => (await checkLive(file)).findings.filter(({ about }) => about === 'keys');
        expect(await ofKeys()).toEqual([]);
        await vault.seal();
        expect(await ofKeys()).toEqual([
          {
            about: 'keys',
            status: 'fault',
            says: '/keys/url: is sealed: unseal it',
            fix: expect.stringMatching(/unseal/),
          },
        ]);
        for (const finding of await faults()) expect(finding.says).toContain('it is sealed');
      } finally {
        await vault.unseal();
        await rm(folder, { recursive: true, force: true });
      }
    });

    test('a policy that lacks a right', async () => {
      const text = await policyOf(installation, 'worker');
      await policy('worker', text.replace(/path "transit\/decrypt[^}]*\}/, ''));
      expect(await faults()).toEqual([
        {
          about: 'keys',
          status: 'fault',
          says: expect.stringMatching(/^worker lacks update on transit\/decrypt\//),
          fix: expect.stringContaining('infra/deploy/vault/worker.hcl'),
        },
      ]);
    });

    test('a policy that allows too much', async () => {
      const text = await policyOf(installation, 'audio');
      await policy('audio', `${text}\npath "transit/export/*" { capabilities = ["read"] }`);
      expect(await faults()).toMatchObject([
        {
          says: expect.stringMatching(/^audio must not have read on transit\/export\//),
          fix: expect.stringContaining('no other'),
        },
      ]);
      await policy('audio', `${text}\npath "transit/decrypt/*" { capabilities = ["update"] }`);
      const others = await faults();
      expect(others).toHaveLength(
        keyKeepers.filter((part) => part !== 'audio').flatMap((part) => ownersOf[part]).length,
      );
      for (const { says } of others) expect(says).toMatch(/^audio must not have update on transit\/decrypt\//);
    });

    test('a policy that is not there', async () => {
      await policy('discord-edge', 'path "none" { capabilities = ["read"] }');
      expect(await faults()).toMatchObject([
        {
          says: expect.stringMatching(/^discord-edge may not ask Vault/),
          fix: expect.stringContaining('discord-edge.hcl'),
        },
      ]);
    });

    test('a secret id that has expired', async () => {
      const name = `bw-${installation}-worker`;
      roles = { ...roles, worker: await vault.role(name, await policyOf(installation, 'worker'), { secretIdSec: 1 }) };
      await expect
        .poll(
          async () => {
            await vault.removeExpiredSecretIds();
            return faults();
          },
          { interval: 1_500 },
        )
        .toEqual([
          {
            about: 'keys',
            status: 'fault',
            says: expect.stringMatching(
              /^worker cannot use Vault: the sign-in was refused: invalid (?:role or )?secret id/i,
            ),
            fix: expect.stringContaining('make a new secret id for the role of worker'),
          },
        ]);
    });

    test('a key that can be exported, and one that can be backed up in plain text', async () => {
      await vault.ask('POST', `transit/keys/${keyAt('worker')}/config`, { exportable: true });
      await vault.ask('POST', `transit/keys/${keyAt('discord-edge')}/config`, { allow_plaintext_backup: true });
      const opened = await faults();
      expect(opened.map(({ says }) => says).sort()).toEqual([
        `the key ${keyAt('discord-edge')} can be backed up in plain text`,
        `the key ${keyAt('worker')} can be exported`,
      ]);
      for (const { fix } of opened) expect(fix).toContain('cannot be undone');
    });

    test('a key that is missing', async () => {
      await vault.ask('POST', `transit/keys/${keyAt('worker')}/config`, { deletion_allowed: true });
      await vault.ask('DELETE', `transit/keys/${keyAt('worker')}`);
      expect(await faults()).toMatchObject([
        {
          says: `Vault has no key ${keyAt('worker')}, and the database holds what it sealed`,
          fix: expect.stringContaining('backup'),
        },
      ]);
    });

    test('a Vault that does not answer', async () => {
      await vault.kill();
      try {
        for (const { says, fix } of await faults()) {
          expect(says).toContain('it does not answer');
          expect(fix).toContain('check that it is running');
        }
      } finally {
        await vault.run();
        await vault.unseal();
      }
    });
  });
}
