// @module-tag python
// @module-tag linux
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { keyKeepers } from '#security/keyring/custodian-owner.ts';
import { diagnose } from '#services/cli/src/doctor/doctor.ts';
import { onboard } from '#test/integration/start-attempt.ts';
import { startKubernetesTokens } from './kubernetes-tokens.ts';
import { everyCustodian, installation, preparePlatform, type LivePlatform } from './live-platform.ts';
import { policyOf } from './policies.ts';

vi.setConfig({ testTimeout: 120_000 });

/**
 * The whole platform as in a Pod: its keys in a namespace of a real OpenBao, where each part signs in with the service
 * account.
 */
const stack = new AsyncDisposableStack();
const namespace = 'team';
let live: LivePlatform;

beforeAll(async () => {
  const kubernetes = stack.use(await startKubernetesTokens());
  const account = { namespace: 'bots', name: 'bailiwick', audience: 'openbao' };
  live = stack.use(
    await preparePlatform({
      kind: 'OpenBao',
      async signIn(bao, folder) {
        await bao.createNamespace(namespace);
        await bao.trustKubernetes(kubernetes, namespace);
        const tokenFile = path.join(folder, 'token');
        await writeFile(tokenFile, await kubernetes.issue(account, 'pod'), { mode: 0o600 });
        const roles = keyKeepers.map((part) => [part, `bw-${installation}-${part}`] as const);
        for (const [part, role] of roles)
          await bao.kubernetesRole(role, await policyOf(installation, part), account, namespace);
        return { namespace, auth: { kind: 'kubernetes', tokenFile, roles: Object.fromEntries(roles) } };
      },
    }),
  );
});
afterAll(() => stack.disposeAsync());

test('onboards a tenant, rotates its keys, and has nothing to fix according to the doctor', async () => {
  const { api } = await live.start();
  const tenant = await onboard(api, live.door);
  expect(await live.custodians()).toEqual(everyCustodian({ status: 'healthy' }));
  await api.call('POST', `/v1/tenants/${tenant.id}/keys/rotate`, z.unknown());
  const held = (await live.vault.ask('LIST', `${namespace}/transit/keys`)).body.data?.['keys'] as string[];
  expect(held).toContain(`bw-${installation}-discord-edge-tenant-${tenant.id}`);
  const findings = await diagnose({ data: live.dataFolder, live: true, settings: live.settingsFile });
  expect(findings.filter(({ status }) => status === 'fault')).toEqual([]);
  expect(findings.filter(({ about }) => about === 'keys').map(({ says }) => says)).toEqual(
    keyKeepers.map((part) => `${part} can use its keys at Vault`),
  );
});
