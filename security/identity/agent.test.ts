import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPool } from '#infra/database/connections.ts';
import { startHttpService } from '#infra/http/service.ts';
import { FakeClock } from '#infra/kernel/clock.ts';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { testInstallation, type TestInstallation } from '#test/installation.ts';
import { enrol } from './agent.ts';
import { verifyCallToken } from './call-token.ts';
import { CallTokens } from './call-tokens.ts';
import { DelegatedKeys } from './delegated-keys.ts';
import { service, type Audience } from './spiffe.ts';
import { enrolmentHash } from './token-service/enrolments.ts';
import type { SharedKey } from './token-service-client.ts';
import { installation, otherThumbprint, thumbprint } from './token.fixture.ts';

const logger = silentLogger();
let here: TestInstallation;
beforeAll(async () => {
  here = await testInstallation();
});
afterAll(() => here[Symbol.asyncDispose]());

describe('an agent', () => {
  test('gets a call token that its audience accepts from its certificate, and no other does', async () => {
    const audio = await here.agentFor('audio');
    const proxy = await here.agentFor('gateway-proxy');
    const token = await audio.callToken('discord-edge');
    const verify = (audience: Audience, shown: string) =>
      verifyCallToken(token, {
        audience,
        thumbprint: shown,
        installation: here.installation,
        keys: proxy.keys,
        revocations: proxy.revocations,
        nowMs: Date.now(),
      });
    expect(await verify('discord-edge', audio.thumbprint())).toMatchObject({
      ok: true,
      value: { workload: service('audio') },
    });
    expect(await verify('api', audio.thumbprint())).toEqual({ ok: false, fault: 'wrong-audience' });
    expect(await verify('discord-edge', proxy.thumbprint())).toEqual({ ok: false, fault: 'wrong-certificate' });
  });

  test('does not start with an enrolment that was used', async () => {
    const settings = here.enrolmentFor('worker');
    await using first = await enrol(settings, { workload: service('worker'), logger });
    expect(first.spiffeId).toBe('spiffe://test/svc/worker');
    const second = enrol(settings, { workload: service('worker'), logger });
    await expect(second).rejects.toMatchObject({ code: 'identity.enrolment-refused' });
  });

  test('starts although the answer to its first request was lost on the way', async () => {
    const settings = here.enrolmentFor('worker');
    const { hostname, port } = new URL(settings.identity.url);
    const used = `select from enrolment where token_sha256 = $1 and request_sha256 is not null`;
    await using stack = new AsyncDisposableStack();
    const database = stack.adopt(openPool({ url: here.database.adminUrl, maxConnections: 1 }), (pool) => pool.end());
    const hash = Buffer.from(enrolmentHash(settings.identity.enrolment), 'base64');
    const isUsed = async () => (await database.query(used, [hash])).rowCount === 1;
    let lost = 0;
    await using relay = createServer(async (client) => {
      const upstream = connect(Number(port), hostname);
      for (const socket of [client, upstream]) socket.on('error', () => undefined);
      client.pipe(upstream);
      for await (const chunk of upstream) {
        // Of the first connection, what follows the use of the token is the answer.
        if (lost === 0 && (await isUsed())) {
          lost += 1;
          upstream.destroy();
          client.destroy();
          return;
        }
        client.write(chunk);
      }
    }).listen(0, hostname);
    await once(relay, 'listening');
    const url = `https://${hostname}:${(relay.address() as AddressInfo).port}`;
    await using agent = await enrol(
      { ...settings, identity: { ...settings.identity, url, alternatives: [] } },
      { workload: service('worker'), logger },
    );
    expect(lost).toBe(1);
    expect(await agent.callToken('discord-edge')).toMatch(/^ey/);
  });

  test('does not start as somebody else than it was announced as', async () => {
    const enrolling = enrol(here.enrolmentFor('worker'), { workload: service('gateway-proxy'), logger });
    await expect(enrolling).rejects.toMatchObject({ code: 'identity.other-workload' });
  });

  test('does not hand its enrolment to a listener that is not the token service', async () => {
    const received: unknown[] = [];
    const audio = await here.agentFor('audio');
    await using impostor = await startHttpService({
      name: 'impostor',
      logger,
      listen: { host: '127.0.0.1', port: 0 },
      ops: { host: '127.0.0.1', port: 0 },
      tls: audio.tls,
      requireClientCertificate: false,
      register(app) {
        app.post('/v1/enrol', (request) => {
          received.push(request.body);
          throw callerFault('identity.enrolment-refused', 'No.', 403);
        });
      },
    });
    const settings = here.enrolmentFor('worker');
    const enrolling = enrol(
      { ...settings, identity: { ...settings.identity, url: impostor.url } },
      { workload: service('worker'), logger, enrolWithinMs: 200 },
    );
    await expect(enrolling).rejects.toMatchObject({ code: 'identity.token-service-unreachable' });
    expect(received).toEqual([]);
  });

  test.each([
    ['audio', 'grant', 'audio'],
    ['discord-edge', 'grant', 'audio'],
    ['gateway-proxy', 'grant', 'gateway-proxy'],
    ['gateway-proxy', 'transaction-token', 'gateway-proxy'],
    ['discord-edge', 'transaction-token', 'audio'],
  ] as const)('of %s may not sign a %s for %s', async (name, use, verifier) => {
    const agent = await here.agentFor(name);
    await expect(agent.delegate(use, verifier)).rejects.toMatchObject({ code: 'identity.forbidden' });
  });

  test('signs with a key that its verifier knows by the time it has it, and nobody else', async () => {
    const edge = await here.agentFor('discord-edge');
    const proxy = await here.agentFor('gateway-proxy');
    const [one, two] = await Promise.all([edge.delegate('transaction-token'), edge.delegate('transaction-token')]);
    expect(one).toBe(two);
    await expect.poll(() => proxy.keys.find(one.kid, 'transaction-token')).toMatchObject({ holder: edge.spiffeId });
    expect(await proxy.keys.find(one.kid, 'grant')).toBeUndefined();
    const audio = await here.agentFor('audio');
    expect(await audio.keys.find(one.kid, 'transaction-token')).toBeUndefined();
  });
});

/** A token service that can become unavailable, with tokens that last a minute. */
function tokensUnder(clock: FakeClock) {
  const { privateKey } = generateKeyPairSync('ed25519');
  const state = { away: false, issued: 0, certificate: { thumbprint } };
  const fetch = async () => {
    if (state.away) throw platformFault('identity.token-service-unreachable', 'away');
    state.issued += 1;
    const expiresAtMs = clock.now() + 60_000;
    const claims = { jti: String(state.issued), cnf: { 'x5t#S256': state.certificate.thumbprint } };
    return { token: await new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA' }).sign(privateKey), expiresAtMs };
  };
  return { state, tokens: new CallTokens({ fetch, certificate: state.certificate, clock, waitWithinMs: 100 }) };
}

describe('call tokens that are held', () => {
  test('are one per audience, and fetched once by however many ask', async () => {
    const { state, tokens } = tokensUnder(new FakeClock());
    const got = await Promise.all([tokens.get('audio'), tokens.get('audio'), tokens.get('api'), tokens.get('audio')]);
    expect(new Set(got).size).toBe(2);
    expect(state.issued).toBe(2);
  });

  test('are renewed ahead from half of their life on, without anybody waiting', async () => {
    const clock = new FakeClock();
    const { state, tokens } = tokensUnder(clock);
    const first = await tokens.get('audio');
    clock.advance(30_000);
    expect(await tokens.get('audio')).toBe(first);
    expect(state.issued).toBe(1);
    clock.advance(1);
    expect(await tokens.get('audio')).toBe(first);
    await expect.poll(() => tokens.get('audio')).not.toBe(first);
    expect(state.issued).toBe(2);
  });

  test('serve on while the token service is away, until five seconds before their end', async () => {
    const clock = new FakeClock();
    const { state, tokens } = tokensUnder(clock);
    const first = await tokens.get('audio');
    state.away = true;
    clock.advance(54_999);
    expect(await tokens.get('audio')).toBe(first);
    clock.advance(1);
    await expect(tokens.get('audio')).rejects.toMatchObject({ code: 'identity.token-service-unreachable' });
    state.away = false;
    expect(await tokens.get('audio')).not.toBe(first);
  });

  test('are left behind with the certificate that they are bound to', async () => {
    const { state, tokens } = tokensUnder(new FakeClock());
    const first = await tokens.get('audio');
    state.certificate.thumbprint = otherThumbprint;
    expect(await tokens.get('audio')).not.toBe(first);
    expect(state.issued).toBe(2);
  });
});

describe('a delegated key', () => {
  const holder = 'spiffe://test/svc/api';

  test('is replaced at half of its life by one that was published before', async () => {
    const clock = new FakeClock();
    const published: string[] = [];
    const shareKey = async ({ jwk }: SharedKey) => {
      published.push(jwk.k);
      return { kid: jwk.k, notAfterMs: clock.now() + 3_600_000 };
    };
    await using keys = new DelegatedKeys({ tokenService: { shareKey }, installation, holder, clock, logger });
    const signer = await keys.signer('transaction-token', 'gateway-proxy');
    const [first] = published;
    expect(signer.kid).toBe(first);
    clock.advance(1_799_999);
    expect(published).toHaveLength(1);
    clock.advance(1);
    await expect.poll(() => signer.kid).toBe(published[1]);
    expect(signer.kid).not.toBe(first);
  });

  test('is replaced at once when its verifier is revoked, and at no other revocation', async () => {
    const clock = new FakeClock();
    const shared: string[] = [];
    const shareKey = async ({ jwk, verifier }: SharedKey) => {
      shared.push(verifier);
      return { kid: jwk.k, notAfterMs: clock.now() + 3_600_000 };
    };
    await using keys = new DelegatedKeys({ tokenService: { shareKey }, installation, holder, clock, logger });
    const signer = await keys.signer('grant', 'audio');
    await keys.signer('grant', 'worker');
    const { kid } = signer;
    keys.revoked('spiffe://test/svc/api');
    expect(shared).toEqual(['audio', 'worker']);
    keys.revoked('spiffe://test/svc/audio');
    await expect.poll(() => signer.kid).not.toBe(kid);
    expect(shared).toEqual(['audio', 'worker', 'audio']);
  });

  test('stops signing five minutes before its end when it could not be replaced, and signs again once it was', async () => {
    const clock = new FakeClock();
    const state = { away: false };
    const shareKey = async ({ jwk }: SharedKey) => {
      if (state.away) throw platformFault('identity.token-service-unreachable', 'away');
      return { kid: jwk.k, notAfterMs: clock.now() + 3_600_000 };
    };
    await using keys = new DelegatedKeys({ tokenService: { shareKey }, installation, holder, clock, logger });
    const signer = await keys.signer('transaction-token', 'gateway-proxy');
    state.away = true;
    clock.advance(3_300_000);
    expect(signer.sign({}, 'txntoken+jwt')).toMatch(/^ey/);
    clock.advance(1);
    expect(() => signer.sign({}, 'txntoken+jwt')).toThrow(expect.objectContaining({ code: 'identity.no-signing-key' }));
    state.away = false;
    await expect
      .poll(() => {
        clock.advance(5_000);
        return signer.sign({}, 'txntoken+jwt');
      })
      .toMatch(/^ey/);
  });
});
