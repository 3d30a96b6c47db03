import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startHttpService } from '#infra/http/service.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { testInstallation, type TestInstallation } from '#test/installation.ts';
import { verifyCallToken } from './call-token.ts';
import { createCaller } from './caller.ts';
import { peerReader } from './peer.ts';

/** How often somebody calls in the meantime. */
const paceMs = 10;
/** Certificates of four seconds: what otherwise takes hours happens while the test watches. */
let here: TestInstallation;
beforeAll(async () => {
  here = await testInstallation({ lifetimes: { certificateSec: 4 } });
});
afterAll(() => here[Symbol.asyncDispose]());

describe('a certificate that is renewed', () => {
  test('is used by caller and listener without a call failing, each call with the token of its certificate', async () => {
    const proxy = await here.agentFor('gateway-proxy');
    const api = await here.agentFor('api');
    const peerOf = peerReader(here.installation, systemClock);
    const faults: string[] = [];
    const callers = new Set<string>();
    const listeners = new Set<string>();
    await using listener = await startHttpService({
      name: 'proxy',
      logger: silentLogger(),
      listen: { host: '127.0.0.1', port: 0 },
      ops: { host: '127.0.0.1', port: 0 },
      tls: proxy.tls,
      register(app) {
        app.all('/audio/v1/echo', async (request) => {
          const peer = peerOf(request.raw.socket);
          const verdict = await verifyCallToken(String(request.headers.authorization).replace('Bearer ', ''), {
            audience: 'audio',
            thumbprint: peer?.thumbprint ?? '',
            installation: here.installation,
            keys: proxy.keys,
            revocations: proxy.revocations,
            nowMs: Date.now(),
          });
          if (!verdict.ok) faults.push(verdict.fault);
          callers.add(peer?.thumbprint ?? 'none');
          listeners.add(proxy.thumbprint());
          return { ok: verdict.ok };
        });
      },
    });
    await using caller = createCaller({ agent: api, proxy: { url: listener.url } });
    const call = () => caller.json({ to: 'audio', method: 'GET', path: '/v1/echo' }, z.object({ ok: z.literal(true) }));
    const firstExpiresMs = Date.now() + 4_000;
    // Until the first certificates have expired, and each side has presented at least two others.
    while (Date.now() < firstExpiresMs + 1_000 || callers.size < 3 || listeners.size < 3)
      await Promise.all([call(), call(), delay(paceMs)]);
    expect(faults).toEqual([]);
    expect(callers).not.toContain('none');
  });
});
