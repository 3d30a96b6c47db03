import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLogger } from '#infra/logger/logger.ts';
import { testInstallation, type TestInstallation } from '#test/installation.ts';
import { enrol, type Agent } from '../agent.ts';
import { createCertificateRequest } from '../certificate-request.ts';
import { service, spiffeId } from '../spiffe.ts';
import { enrolWith } from '../token-service-client.ts';
import { enrolmentHash } from './enrolments.ts';

/* Two token services of one installation, and workloads that know the addresses of both. */
const stack = new AsyncDisposableStack();
let one: TestInstallation;
let other: TestInstallation;

beforeAll(async () => {
  one = stack.use(await testInstallation());
  other = stack.use(await one.another());
});
afterAll(() => stack.disposeAsync());

const nobody = 'https://127.0.0.1:1';
const agentWith = async (url: string, alternatives: readonly string[]): Promise<Agent> => {
  const settings = one.enrolmentFor('worker');
  // It is stored by then, so that the other knows of it.
  await one.enrolments.isOutstanding(settings.identity.enrolment, 'a request');
  return stack.use(
    await enrol(
      { ...settings, identity: { ...settings.identity, url, alternatives } },
      { workload: service('worker'), logger: silentLogger() },
    ),
  );
};

describe('an enrolment', () => {
  /** What each of many requests with one token got, half of them at each token service. */
  async function race(enrolment: string, trustBundlePem: string): Promise<string[]> {
    const tokenServiceId = spiffeId(one.installation, service('token-service'));
    const attempts = Array.from({ length: 10 }, (_, index) => (index % 2 ? one : other).tokenServiceUrl);
    return Promise.all(
      attempts.map((url) => {
        const { csrPem } = createCertificateRequest();
        return enrolWith({ url, trustBundlePem, tokenServiceId, enrolment, csrPem }).then(
          () => 'enrolled',
          (error: Error & { code?: string }) => error.code ?? 'failed',
        );
      }),
    );
  }

  test('that one was told of is good for one use, at whichever', async () => {
    const { enrolment, trustBundlePem } = one.enrolmentFor('worker').identity;
    await one.enrolments.isOutstanding(enrolment, 'a request');
    const outcomes = await race(enrolment, trustBundlePem);
    expect(outcomes.filter((outcome) => outcome === 'enrolled')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'identity.enrolment-refused')).toHaveLength(9);
  });

  test('that was used cannot be announced again, at either', async () => {
    const { enrolment, trustBundlePem } = one.enrolmentFor('worker').identity;
    await one.enrolments.isOutstanding(enrolment, 'a request');
    await one.enrolments.redeem(enrolment, 'a request');
    for (const { enrolments } of [one, other])
      await enrolments.expect(enrolmentHash(enrolment), service('worker'), Date.now() + 60_000);
    expect(new Set(await race(enrolment, trustBundlePem))).toEqual(new Set(['identity.enrolment-refused']));
  });
});

describe('a workload', () => {
  test('gets an identity and works while one of the addresses answers nobody, whichever it is', async () => {
    for (const [url, alternative] of [
      [nobody, other.tokenServiceUrl],
      [one.tokenServiceUrl, nobody],
    ] as const) {
      const agent = await agentWith(url, [alternative]);
      for (let call = 0; call < 4; call += 1) expect((await agent.tokenService.keys()).keys.length).toBeGreaterThan(0);
      expect(agent.revocations.fresh()).toBe(true);
    }
  });

  test('tries the other address after a second where one accepts connections and says nothing', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    try {
      const sinceMs = Date.now();
      const agent = await agentWith(`https://127.0.0.1:${(silent.address() as AddressInfo).port}`, [
        one.tokenServiceUrl,
      ]);
      expect(await agent.callToken('audio')).toBeTruthy();
      expect(sockets.length).toBeGreaterThan(0);
      expect(Date.now() - sinceMs).toBeLessThan(5_000);
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });

  test('goes on with one when the other ends, and hears of what is revoked there', async () => {
    const ending = await one.another();
    const agent = await agentWith(ending.tokenServiceUrl, [one.tokenServiceUrl]);
    await ending[Symbol.asyncDispose]();
    for (let call = 0; call < 4; call += 1)
      await expect.poll(() => agent.tokenService.keys().then(({ keys }) => keys.length)).toBeGreaterThan(0);
    const api = await other.agentFor('api');
    await expect.poll(() => agent.revocations.fresh()).toBe(true);
    await api.tokenService.revoke({ kind: 'token', value: 'a-token', reason: 'stolen' });
    await expect.poll(() => agent.revocations.isRevoked({ jti: 'a-token' }), { timeout: 1_000 }).toBe(true);
  });
});
