import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FakeClock, systemClock } from '#infra/kernel/clock.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { describeCustodian } from '#security/keyring/custodian.contract.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import type { KeyKeeper } from '#security/keyring/custodian-owner.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { keysSettingsSchema, openCustodian } from '#security/keyring/open-custodian.ts';
import { createAuthority } from '#test/authority.ts';
import { startFront } from './front.ts';
import { VaultServer, type ServerKind, type RoleOptions } from './vault-server.ts';

let vault: VaultServer;
let stack = new AsyncDisposableStack();
let installations = 0;

/** Every operation of the port, of which no process of the platform needs all. */
export const everything = (prefix: string) => `
path "transit/keys/${prefix}*" { capabilities = ["update", "read", "delete"] }
path "transit/encrypt/${prefix}*" { capabilities = ["update"] }
path "transit/decrypt/${prefix}*" { capabilities = ["update"] }
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "sys/capabilities-self" { capabilities = ["update"] }
`;

interface Changes {
  readonly part?: KeyKeeper;
  readonly settings?: object;
}

/** An installation of its own, which can be opened repeatedly. */
async function installation(role: RoleOptions = {}) {
  const name = `test${(installations += 1)}.example`;
  const credentials = await vault.role(`bw-${name}`, everything(`bw-${name}-`), role);
  return async ({ part = 'worker', settings = {} }: Changes = {}): Promise<Custodian> => {
    const keys = { kind: 'vault', url: vault.url, trustPem: vault.trustPem, ...credentials, ...settings };
    const owner = { installation: name, part, logger: silentLogger(), clock: systemClock };
    return stack.use(await openCustodian(keysSettingsSchema.parse(keys), owner));
  };
}

/** The custodian whose keys such a server holds, against the real one. */
export function custodianStands(kind: ServerKind): void {
  beforeAll(async () => {
    vault = await VaultServer.start(kind);
  });
  afterAll(() => vault[Symbol.asyncDispose]());

  /** Custodians go on extending their sign-ins until they are closed. */
  afterEach(async () => {
    await stack.disposeAsync();
    stack = new AsyncDisposableStack();
    await vault.ask('PUT', 'sys/leases/revoke-prefix/auth/approle');
  });

  describeCustodian(kind, async () => {
    const open = await installation();
    return { custodian: await open(), reopen: open };
  });

  describe(`a custodian at ${kind}`, () => {
    const context = Buffer.from('tenant a');
    const dataKey = Buffer.alloc(32, 7);
    let open: Awaited<ReturnType<typeof installation>>;
    let custodian: Custodian;
    let wrapped: Awaited<ReturnType<Custodian['wrap']>>;

    async function withKey(role?: RoleOptions): Promise<void> {
      open = await installation(role);
      custodian = await open();
      await custodian.createKey('tenant-a');
      wrapped = await custodian.wrap('tenant-a', dataKey, context);
    }
    const unwrapped = async () => Buffer.from(await custodian.unwrap('tenant-a', wrapped, context));
    /** Accessors of the root token and of every sign-in. */
    const tokens = async () => (await vault.ask('LIST', 'auth/token/accessors')).body.data?.['keys'] as string[];
    const opensAgain = () => expect.poll(unwrapped).toEqual(dataKey);
    const unavailable = (says: RegExp) =>
      expect.objectContaining({ code: 'keyring.unavailable', operatorMessage: expect.stringMatching(says) });

    test('says that Vault is sealed, and goes on once it is unsealed', async () => {
      await withKey();
      await vault.seal();
      for (let calls = 0; calls < 8; calls += 1) await expect(unwrapped()).rejects.toEqual(unavailable(/it is sealed/));
      expect(await custodian.health()).toMatchObject({
        status: 'degraded',
        state: 'sealed',
        detail: expect.stringMatching(/is sealed/),
      });
      await vault.unseal();
      await opensAgain();
      expect(await custodian.health()).toEqual({ status: 'healthy' });
    });

    test('goes on after Vault was killed and started again', async () => {
      await withKey();
      await vault.kill();
      await expect(unwrapped()).rejects.toEqual(unavailable(/does not answer/));
      await vault.run();
      await vault.unseal();
      await opensAgain();
    });

    test('waits no longer than 3 s for a Vault that has stopped answering, and then not at all', async () => {
      await withKey();
      vault.pause();
      try {
        const began = Date.now();
        const calls = await Promise.allSettled(Array.from({ length: 60 }, unwrapped));
        expect(Date.now() - began).toBeLessThan(4_500);
        for (const call of calls) expect(call).toMatchObject({ reason: unavailable(/does not answer/) });
        const again = Date.now();
        await expect(unwrapped()).rejects.toEqual(unavailable(/does not answer/));
        expect(Date.now() - again).toBeLessThan(500);
        expect(await custodian.health()).toMatchObject({ status: 'degraded', state: 'no-answer' });
      } finally {
        vault.resume();
      }
      await opensAgain();
    });

    test('opens and seals with data keys that it had, until they age out, while the server is sealed', async () => {
      await withKey();
      const clock = new FakeClock();
      const envelope = createEnvelope({ custodian, clock });
      const location = { tenant: newTenantId(), table: 'table', column: 'column', row: 'row' };
      const secret = Buffer.from('a secret');
      const sealed = await envelope.seal(secret, location);
      expect(Buffer.from(await envelope.open(sealed, location))).toEqual(secret);
      await vault.seal();
      clock.advance(4 * 60_000);
      expect(Buffer.from(await envelope.open(sealed, location))).toEqual(secret);
      const meanwhile = await envelope.seal(secret, location);
      clock.advance(2 * 60_000);
      await expect(envelope.open(sealed, location)).rejects.toEqual(unavailable(/is sealed/));
      await expect(envelope.seal(secret, location)).rejects.toEqual(unavailable(/is sealed/));
      await vault.unseal();
      const opened = async () => Buffer.from(await envelope.open(sealed, location));
      await expect.poll(opened).toEqual(secret);
      expect(Buffer.from(await envelope.open(meanwhile, location))).toEqual(secret);
    });

    test('says that it is refused while a right is missing that a call needed, without saying whose key it was', async () => {
      await withKey();
      const name = `bw-test${installations}.example`;
      const full = everything(`${name}-`);
      await vault.setPolicy(name, full.replace(/path "transit\/decrypt[^}]*\}/, ''));
      expect(await custodian.health()).toEqual({ status: 'healthy' });
      await expect(unwrapped()).rejects.toEqual(unavailable(/Vault refused/));
      for (let times = 0; times < 2; times += 1) {
        const { detail, ...state } = await custodian.health();
        expect(state).toEqual({ status: 'degraded', state: 'refuses' });
        expect(detail).toContain('its policy does not allow update on transit/decrypt/');
        expect(detail).not.toContain('tenant-a');
      }
      await vault.setPolicy(name, full);
      expect(await custodian.health()).toEqual({ status: 'healthy' });
      expect(await unwrapped()).toEqual(dataKey);
    });

    test('signs in again when its token was revoked, once for all calls', async () => {
      await withKey();
      await vault.ask('PUT', 'sys/leases/revoke-prefix/auth/approle');
      const calls = await Promise.all(Array.from({ length: 20 }, unwrapped));
      for (const call of calls) expect(call).toEqual(dataKey);
      expect(await tokens()).toHaveLength(2);
    });

    test('does not take a call for forbidden that was refused for a token which another call has replaced meanwhile', async () => {
      await withKey();
      const signedIn = Promise.withResolvers<void>();
      let refused = 0;
      const front = stack.use(
        await startFront({
          host: 'localhost',
          to: vault,
          holds: (path, status) => {
            if (path.endsWith('/login') && refused > 0) signedIn.resolve();
            if (status !== 403 || !path.includes('/decrypt/')) return undefined;
            refused += 1;
            // A little later than the client has taken the new token from the answer.
            return refused === 1 ? undefined : signedIn.promise.then(() => delay(200));
          },
        }),
      );
      custodian = await open({ settings: { url: `https://localhost:${front.port}`, trustPem: front.trustPem } });
      expect(await unwrapped()).toEqual(dataKey);
      await vault.ask('PUT', 'sys/leases/revoke-prefix/auth/approle');
      expect(await Promise.all([unwrapped(), unwrapped()])).toEqual([dataKey, dataKey]);
      expect(refused).toBe(2);
    });

    test('renews its token before it expires', async () => {
      await withKey({ tokenSec: 2 });
      const before = await tokens();
      await delay(5_000);
      expect(await tokens()).toEqual(before);
      expect(await unwrapped()).toEqual(dataKey);
    });

    test('replaces a token that cannot be renewed any longer, before a call needs it', async () => {
      await withKey({ tokenSec: 3, maxTokenSec: 4 });
      // The second sign-in is there while the first still lasts.
      await expect.poll(async () => (await tokens()).length, { timeout: 4_000 }).toBe(3);
      await delay(3_000);
      expect(await unwrapped()).toEqual(dataKey);
    });

    test('says so when its secret id has expired, while the sign-in still lasts and after', async () => {
      await withKey({ tokenSec: 5, maxTokenSec: 5, secretIdSec: 1 });
      await delay(1_100);
      await vault.removeExpiredSecretIds();
      const health = () => custodian.health();
      await expect.poll(health, { timeout: 5_000 }).toEqual({
        status: 'degraded',
        detail: expect.stringMatching(/ends soon and cannot be extended: .*invalid (?:role or )?secret id/i),
      });
      expect(await unwrapped()).toEqual(dataKey);
      await expect.poll(health).toEqual({
        status: 'degraded',
        state: 'refuses',
        detail: expect.stringMatching(/cannot be used: the sign-in was refused: invalid (?:role or )?secret id/i),
      });
      await expect(unwrapped()).rejects.toEqual(unavailable(/invalid (?:role or )?secret id/i));
    });

    test('has no key that an encryption made', async () => {
      await withKey();
      await expect(custodian.wrap('tenant-b', dataKey, context)).rejects.toMatchObject({ code: 'keyring.unknown-key' });
      await expect(custodian.versions('tenant-b')).rejects.toMatchObject({ code: 'keyring.unknown-key' });
    });

    test('shares no key with another part of the same installation', async () => {
      await withKey();
      const other = await open({ part: 'discord-edge' });
      await expect(other.unwrap('tenant-a', wrapped, context)).rejects.toMatchObject({ code: 'keyring.unknown-key' });
      await other.createKey('tenant-a');
      await expect(other.unwrap('tenant-a', wrapped, context)).rejects.toMatchObject({ code: 'keyring.not-authentic' });
    });

    test('makes keys that can be neither exported nor backed up', async () => {
      await withKey();
      const keys = (await vault.ask('LIST', 'transit/keys')).body.data?.['keys'] as string[];
      for (const name of keys)
        expect((await vault.ask('GET', `transit/keys/${name}`)).body.data).toMatchObject({
          exportable: false,
          allow_plaintext_backup: false,
          derived: true,
        });
    });

    test('says that the sign-in was refused, without the secret', async () => {
      open = await installation();
      const stranger = await open({ settings: { roleId: 'nobody', secretId: 'very-secret' } });
      const refused = stranger.createKey('tenant-a');
      await expect(refused).rejects.toEqual(unavailable(/sign-in was refused/));
      expect(inspect(await refused.catch((error: unknown) => error), { depth: 10 })).not.toContain('very-secret');
    });

    test('sends nothing to a server whose certificate another authority signed', async () => {
      open = await installation();
      const { certPem } = await createAuthority();
      const wrong = await open({ settings: { trustPem: certPem } });
      await expect(wrong.createKey('tenant-a')).rejects.toEqual(unavailable(/does not answer/));
    });
  });
}
