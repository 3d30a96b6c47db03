import { setTimeout as delay } from 'node:timers/promises';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { hasCode } from '#infra/kernel/errors.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { createLogger } from '#infra/logger/logger.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import { tenantKeyName } from '#security/keyring/data-keys.ts';
import { keyKeepers, type KeyKeeper } from '#security/keyring/custodian-owner.ts';
import { destroyers, ownersOf } from '#security/keyring/vault/rights.ts';
import { keysSettingsSchema, openCustodian } from '#security/keyring/open-custodian.ts';
import { checkVault } from '#services/cli/src/doctor/vault.ts';
import { policyOf, rolesOf } from './policies.ts';
import { VaultServer, type AppRole, type ServerKind } from './vault-server.ts';

let vault: VaultServer;
let installations = 0;
const context = Buffer.from('context');
const dataKey = Buffer.alloc(32, 7);

/** A key of each kind that the part has. */
const namesOf = (part: KeyKeeper): string[] =>
  ownersOf[part].map((owner) => tenantKeyName(owner === 'platform' ? owner : newTenantId()));

/** Everything that a part does with its keys. @returns what failed */
async function work(installation: string, part: KeyKeeper, role: AppRole): Promise<string[]> {
  const complaints: string[] = [];
  const log = new Writable({ write: (line: Buffer, _encoding, done) => (complaints.push(String(line)), done()) });
  const keys = { kind: 'vault', url: vault.url, trustPem: vault.trustPem, ...role };
  const owner = { installation, part, logger: createLogger('test', 'warn', log), clock: systemClock };
  await using custodian = await openCustodian(keysSettingsSchema.parse(keys), owner);
  const failed: string[] = [];
  const step = async <Result>(what: string, run: () => Promise<Result>): Promise<Result | undefined> => {
    try {
      return await run();
    } catch {
      failed.push(what);
      return undefined;
    }
  };
  for (const name of namesOf(part)) await useKey(custodian, part, name, step);
  await step('health', async () => expect(await custodian.health()).toEqual({ status: 'healthy' }));
  await delay(1_800);
  if (complaints.length > 0) failed.push('extend the sign-in');
  const { roleId, secretId } = role;
  const server = { url: vault.url, mount: 'transit', authMount: 'approle', trustPem: vault.trustPem };
  const findings = await checkVault({ ...server, roleId, secretId }, { installation, part, names: [] });
  // The doctor also finds each right that is missing, which would prove nothing here.
  if (findings.some(({ says }) => says.includes('may not ask Vault'))) failed.push('be examined');
  return failed;
}

type Step = <Result>(what: string, run: () => Promise<Result>) => Promise<Result | undefined>;

async function useKey(custodian: Custodian, part: KeyKeeper, name: string, step: Step): Promise<void> {
  await step('recognise a key that does not exist', async () => {
    const refused = await custodian.wrap(name, dataKey, context).catch((error: unknown) => error);
    if (!hasCode(refused, 'keyring.unknown-key')) throw refused;
  });
  await step('create', () => custodian.createKey(name));
  const wrapped = await step('wrap', () => custodian.wrap(name, dataKey, context));
  await step('unwrap', () => custodian.unwrap(name, wrapped ?? { version: 1, wrapped: dataKey }, context));
  await step('versions', () => custodian.versions(name));
  await step('rotate', () => custodian.rotate(name));
  await step('retire', () => custodian.retire(name, 2));
  if (destroyers.includes(part)) await step('destroy', () => custodian.destroyKey(name));
}

/** The policy without one capability of one path, or one parameter, for each of them. */
function lacking(policy: string): { without: string; policy: string }[] {
  const parameters = [...policy.matchAll(/^ +("\w+") += \[.*\]\n/gm)].map(({ 0: line, 1: name = '', index }) => ({
    without: `parameter ${name} at ${index}`,
    policy: policy.slice(0, index) + policy.slice(index + line.length),
  }));
  const rules = [...policy.matchAll(/path "([^"]+)" \{\s*capabilities\s+= \[([^\]]*)\]/g)];
  const capabilities = rules.flatMap(({ 0: rule, 1: path = '', 2: list = '', index }) =>
    list.split(', ').map((capability) => {
      const rest = list.split(', ').filter((each) => each !== capability);
      const reduced = rule.replace(`[${list}]`, `[${rest.length === 0 ? '"deny"' : rest.join(', ')}]`);
      const changed = policy.slice(0, index) + reduced + policy.slice(index + rule.length);
      return { without: `${capability} on ${path}`, policy: changed };
    }),
  );
  return [...parameters, ...capabilities];
}

/** The policies in infra/deploy/vault, against a real server: each right is needed, and no other is given. */
export function policiesStand(kind: ServerKind): void {
  beforeAll(async () => {
    vault = await VaultServer.start(kind);
  });
  afterAll(() => vault[Symbol.asyncDispose]());

  describe.each(keyKeepers)('the policy of %s', (part) => {
    test('allows everything that it does', async () => {
      const installation = `full${(installations += 1)}.example`;
      const roles = await rolesOf(vault, installation, { tokenSec: 2 });
      expect(await work(installation, part, roles[part])).toEqual([]);
    });

    test('contains no right that it can do without', async () => {
      const installation = `less${(installations += 1)}.example`;
      const policies = lacking(await policyOf(installation, part));
      expect(policies.length).toBeGreaterThan(6);
      const failures = await Promise.all(
        policies.map(async ({ without, policy }, index) => {
          // Each installation has its own keys.
          const own = `${index}.${installation}`;
          const role = await vault.role(`bw-${own}-${part}`, policy.replaceAll(installation, own), { tokenSec: 2 });
          return { without, failed: await work(own, part, role) };
        }),
      );
      expect(failures.filter(({ failed }) => failed.length === 0)).toEqual([]);
    });

    test.each(ownersOf[part])('refuses every other call about a key of a %s', async (ownerOfKey) => {
      const installation = `other${(installations += 1)}.example`;
      const roles = await rolesOf(vault, installation);
      const key = `bw-${installation}-${part}-${tenantKeyName(ownerOfKey === 'platform' ? ownerOfKey : newTenantId())}`;
      const [other = 'worker'] = keyKeepers.filter((each) => each !== part);
      const foreign = `bw-${installation}-${other}-${namesOf(other)[0]}`;
      for (const name of [key, foreign]) {
        const made = await vault.ask('POST', `transit/keys/${name}`, { type: 'aes256-gcm96', derived: true });
        expect(made.status).toBeLessThan(300);
      }
      const { roleId: role_id, secretId: secret_id } = roles[part];
      const login = await vault.ask('POST', 'auth/approle/login', { role_id, secret_id }, '');
      const token = String((login.body['auth'] as { client_token: string }).client_token);
      const call = { plaintext: dataKey.toString('base64'), context: context.toString('base64') };
      expect((await vault.ask('POST', `transit/encrypt/${key}`, call, token)).status).toBe(200);
      const refused: [method: string, path: string, body?: object][] = [
        ['GET', `transit/export/encryption-key/${key}`],
        ['GET', `transit/backup/${key}`],
        ['POST', `transit/keys/${key}/config`, { exportable: true }],
        ['POST', `transit/keys/${key}/config`, { allow_plaintext_backup: true }],
        ['POST', `transit/keys/${key}x`, { type: 'aes256-gcm96', derived: true, exportable: true }],
        ['POST', `transit/encrypt/${key}x`, call],
        ['POST', `transit/encrypt/${foreign}`, call],
        ['GET', `transit/keys/${foreign}`],
        ['LIST', 'transit/keys'],
        ['GET', 'sys/policies/acl'],
        ['POST', 'auth/token/create', {}],
        ['POST', `transit/keys/${key}/config`, { min_decryption_version: 1, exportable: true }],
        ...(destroyers.includes(part)
          ? []
          : ([
              ['POST', `transit/keys/${key}/config`, { deletion_allowed: true }],
              ['DELETE', `transit/keys/${key}`],
            ] satisfies [string, string, object?][])),
      ];
      for (const [method, path, body] of refused)
        expect({ path, status: (await vault.ask(method, path, body, token)).status }).toEqual({ path, status: 403 });
    });
  });
}
