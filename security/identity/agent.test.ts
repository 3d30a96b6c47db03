import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testInstallation, type TestInstallation } from '#test/installation.ts';
import { verifyCallToken } from './call-token.ts';

let installation: TestInstallation;
beforeAll(async () => {
  installation = await testInstallation();
});
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

describe('agent', () => {
  test('gets a call token that its audience accepts from its certificate', async () => {
    const audio = await installation.agentFor('audio');
    const proxy = await installation.agentFor('gateway-proxy');
    const token = await audio.callToken('discord-edge');
    const verdict = await verifyCallToken(token, {
      audience: 'discord-edge',
      thumbprint: audio.thumbprint(),
      installation: installation.installation,
      keys: proxy.keys,
      revocations: proxy.revocations,
      nowMs: Date.now(),
    });
    expect(verdict).toMatchObject({ ok: true, value: { workload: { kind: 'service', name: 'audio' } } });
  });
});
