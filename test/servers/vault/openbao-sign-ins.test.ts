// @module-tag python
// @module-tag linux
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { describeCustodian } from '#security/keyring/custodian.contract.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import { keyKeepers } from '#security/keyring/custodian-owner.ts';
import { keysSettingsSchema, openCustodian } from '#security/keyring/open-custodian.ts';
import { checkVaultKeys } from '#services/cli/src/doctor/vault.ts';
import { scratchFolder } from '#test/scratch.ts';
import { startKubernetesTokens, type KubernetesTokens, type ServiceAccount } from './kubernetes-tokens.ts';
import { everything } from './custodian-suite.ts';
import { rolesOf } from './policies.ts';
import { VaultServer } from './vault-server.ts';

/*
 * Namespaces, and the sign-in of Kubernetes service accounts, at a real OpenBao. Its Kubernetes is a stand-in that reviews
 * tokens (kubernetes-tokens.ts); everything else is real.
 */
let bao: VaultServer;
let folder: string;
const stack = new AsyncDisposableStack();
const dataKey = Buffer.alloc(32, 7);
const context = Buffer.from('context');

beforeAll(async () => {
  bao = stack.use(await VaultServer.start('OpenBao'));
  folder = await scratchFolder('openbao-sign-ins');
  stack.defer(() => rm(folder, { recursive: true, force: true }));
});
afterAll(() => stack.disposeAsync());

/** A worker's custodian. */
async function open(installation: string, settings: object): Promise<Custodian> {
  const keys = { kind: 'vault', url: bao.url, trustPem: bao.trustPem, ...settings };
  const owner = { installation, part: 'worker', logger: silentLogger(), clock: systemClock } as const;
  return stack.use(await openCustodian(keysSettingsSchema.parse(keys), owner));
}
const keysIn = async (prefix: string) =>
  ((await bao.ask('LIST', `${prefix}transit/keys`)).body.data?.['keys'] as string[] | undefined) ?? [];
const unavailable = (says: RegExp) =>
  expect.objectContaining({ code: 'keyring.unavailable', operatorMessage: expect.stringMatching(says) });

describe('in a namespace', () => {
  let installations = 0;
  beforeAll(async () => {
    for (const namespace of ['one', 'two']) await bao.createNamespace(namespace);
  });
  /** What opens the same installation in one of the namespaces. */
  const inNamespace = async (name: string, namespace: string) => {
    const role = await bao.role(`bw-${name}`, everything(`bw-${name}-`), { namespace });
    return (settings: object = { namespace }) => open(name, { ...role, ...settings });
  };

  describeCustodian('OpenBao in a namespace', async () => {
    const reopen = await inNamespace(`contract${(installations += 1)}.example`, 'one');
    return { custodian: await reopen(), reopen };
  });

  test('has its keys there and nowhere else, and none of another namespace', async () => {
    const one = await (await inNamespace('apart.example', 'one'))();
    const two = await (await inNamespace('apart.example', 'two'))();
    await one.createKey('tenant-a');
    const wrapped = await one.wrap('tenant-a', dataKey, context);
    const name = 'bw-apart.example-worker-tenant-a';
    expect(await keysIn('one/')).toContain(name);
    expect(await keysIn('two/')).not.toContain(name);
    expect(await keysIn('')).not.toContain(name);
    await expect(two.unwrap('tenant-a', wrapped, context)).rejects.toMatchObject({ code: 'keyring.unknown-key' });
    await two.createKey('tenant-a');
    await expect(two.unwrap('tenant-a', wrapped, context)).rejects.toMatchObject({ code: 'keyring.not-authentic' });
    expect(Buffer.from(await one.unwrap('tenant-a', wrapped, context))).toEqual(dataKey);
  });

  test('signs in there and nowhere else', async () => {
    const reopen = await inNamespace('elsewhere.example', 'one');
    for (const settings of [{}, { namespace: 'two' }, { namespace: 'none' }]) {
      const stranger = await reopen(settings);
      await expect(stranger.createKey('tenant-a')).rejects.toEqual(unavailable(/./));
      expect(await stranger.health()).toMatchObject({ state: 'refuses' });
    }
  });

  test('needs no other policies than those in infra/deploy/vault, in which the doctor finds nothing to fix', async () => {
    const installation = 'bots-in-one.example';
    const signIns = await rolesOf(bao, installation, { namespace: 'one' });
    const server = { url: bao.url, trustPem: bao.trustPem, mount: 'transit', authMount: 'approle' };
    const found = await checkVaultKeys({ ...server, namespace: 'one', signIns }, installation, []);
    expect(found.map(({ status }) => status)).toEqual(keyKeepers.map(() => 'ok'));
    const outside = await checkVaultKeys({ ...server, signIns }, installation, []);
    expect(outside.map(({ status }) => status)).toEqual(keyKeepers.map(() => 'fault'));
  });
});

describe('with the service account of a Pod', () => {
  const account: ServiceAccount = { namespace: 'bots', name: 'bailiwick', audience: 'openbao' };
  let kubernetes: KubernetesTokens;
  let installations = 0;
  beforeAll(async () => {
    kubernetes = stack.use(await startKubernetesTokens());
    await bao.trustKubernetes(kubernetes);
  });

  const tokenFile = (name: string) => path.join(folder, `${name}.token`);
  const mountToken = async (name: string, token: string) => writeFile(tokenFile(name), `${token}\n`, { mode: 0o600 });
  /** An installation whose role is bound to `account`, with this token in its Pod. */
  async function pod(given: { readonly as?: ServiceAccount; readonly id?: string; readonly lifeSec?: number } = {}) {
    const name = `pod${(installations += 1)}.example`;
    await bao.kubernetesRole(`bw-${name}`, everything(`bw-${name}-`), account);
    await mountToken(name, await kubernetes.issue(given.as ?? account, given.id ?? name, given.lifeSec));
    const settings = { kubernetes: { role: `bw-${name}`, tokenFile: tokenFile(name) } };
    return { name, reopen: () => open(name, settings) };
  }

  describeCustodian('OpenBao, signed in with a service account', async () => {
    const { reopen } = await pod();
    return { custodian: await reopen(), reopen };
  });

  test('signs in with the token that is in the file then, since Kubernetes replaces it', async () => {
    const { name, reopen } = await pod({ id: 'first' });
    const custodian = await reopen();
    await custodian.createKey('tenant-a');
    const wrapped = await custodian.wrap('tenant-a', dataKey, context);
    expect(kubernetes.accepted).toContain('first');
    await mountToken(name, await kubernetes.issue(account, 'second'));
    await bao.ask('PUT', 'sys/leases/revoke-prefix/auth/kubernetes');
    expect(Buffer.from(await custodian.unwrap('tenant-a', wrapped, context))).toEqual(dataKey);
    expect(kubernetes.accepted).toContain('second');
  });

  test.each([
    ['of another service account', { as: { ...account, name: 'stranger' } }],
    ['of another namespace', { as: { ...account, namespace: 'strangers' } }],
    ['meant for somebody else', { as: { ...account, audience: 'another' } }],
    ['that has expired', { lifeSec: -120 }],
  ])('is refused with a token %s, and says so', async (_which, given) => {
    const { reopen } = await pod(given);
    const custodian = await reopen();
    await expect(custodian.createKey('tenant-a')).rejects.toEqual(unavailable(/the sign-in was refused/));
    expect(await custodian.health()).toMatchObject({ status: 'degraded', state: 'refuses' });
  });

  test('says so when there is no token, and continues once there is one', async () => {
    const { name, reopen } = await pod();
    await rm(tokenFile(name));
    const custodian = await reopen();
    await expect(custodian.createKey('tenant-a')).rejects.toEqual(
      unavailable(/service account's token in .* cannot be/),
    );
    expect(await custodian.health()).toMatchObject({ status: 'degraded', state: 'refuses' });
    await mountToken(name, await kubernetes.issue(account, name));
    await custodian.createKey('tenant-a');
    expect(await custodian.health()).toEqual({ status: 'healthy' });
  });
});
