import { afterEach, describe, expect, test, vi } from 'vitest';
import { silentLogger } from '#infra/logger/logger.ts';
import { testInstallation } from '#test/installation.ts';
import { enrol, type Agent } from './agent.ts';
import { service } from './spiffe.ts';

const resources: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of resources.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

async function start(certificateSec: number) {
  const here = await testInstallation({ lifetimes: { certificateSec } });
  const onLost = vi.fn<(error: Error) => void>();
  const agent: Agent = await enrol(here.enrolmentFor('worker'), {
    workload: service('worker'),
    logger: silentLogger(),
    onLost,
  });
  resources.push(agent);
  return { here, agent, onLost };
}

describe('a process that loses its identity', () => {
  test('hears of it at once when it is revoked, and only then', async () => {
    const { here, agent, onLost } = await start(3_600);
    resources.unshift(here);
    const api = await here.agentFor('api');
    await api.tokenService.revoke({ kind: 'subject', value: 'spiffe://test/svc/supervisor', reason: 'test' });
    await expect.poll(() => agent.revocations.isRevoked({ spiffeId: 'spiffe://test/svc/supervisor' })).toBe(true);
    expect(onLost).not.toHaveBeenCalled();
    await api.tokenService.revoke({ kind: 'certificate', value: agent.thumbprint(), reason: 'stolen' });
    await expect.poll(() => onLost.mock.calls).toHaveLength(1);
    expect(onLost.mock.calls[0]?.[0]).toMatchObject({ code: 'identity.lost' });
    await expect(agent.callToken('api')).rejects.toMatchObject({ code: 'identity.revoked' });
  });

  test('hears of it when the token service stays away for longer than a certificate lasts', async () => {
    const { here, onLost } = await start(2);
    await here[Symbol.asyncDispose]();
    await expect.poll(() => onLost.mock.calls, { timeout: 15_000 }).toHaveLength(1);
  });
});
