import 'reflect-metadata';
import { randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import {
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  X509Certificate as Certificate,
} from '@peculiar/x509';
import { decodeJwt } from 'jose';
import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { TlsMaterial } from '#infra/http/service.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { testInstallation, type BotIdentity, type TestInstallation } from '#test/installation.ts';
import { enrol } from '../agent.ts';
import { certificateAlgorithm, createCertificateRequest } from '../certificate-request.ts';
import { OwnCertificate } from '../own-certificate.ts';
import { readCertificate } from '../peer.ts';
import { bot, service, serviceNames, spiffeId, type ServiceName, type Workload } from '../spiffe.ts';
import { workloadTls } from '../workload-connection.ts';
import { issuedCertificateSchema, issuedTokenSchema } from '../token-service-client.ts';
import { enrolmentHash } from './enrolments.ts';

const tenantA = newTenantId();
const tenantB = newTenantId();
let here: TestInstallation;
let botA: BotIdentity;
let botB: BotIdentity;
beforeAll(async () => {
  here = await testInstallation();
  botA = await here.botIdentity(tenantA);
  botB = await here.botIdentity(tenantB);
});
afterAll(() => here[Symbol.asyncDispose]());

type Material = ReturnType<TlsMaterial['current']>;
interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly body: unknown;
}

/** A request that anybody who reaches the port can make, with or without a certificate. */
async function ask(
  as: Material | undefined,
  method: 'GET' | 'POST' | 'PUT' | 'HEAD',
  path: string,
  body?: unknown,
  text = JSON.stringify(body),
): Promise<Answer> {
  const pool = new Pool(here.tokenServiceUrl, {
    connect: {
      ...workloadTls(here.trustBundlePem, spiffeId(here.installation, service('token-service'))),
      ...(as ? { cert: as.certificatePem, key: as.privateKeyPem } : {}),
    },
  });
  try {
    const headers = { 'content-type': 'application/json' };
    const sent = body === undefined ? {} : { headers, body: text };
    const response = await pool.request({ method, path, ...sent });
    const raw = await response.body.text();
    const answer: unknown = raw === '' ? undefined : JSON.parse(raw);
    const code = typeof answer === 'object' && answer !== null && 'code' in answer ? String(answer.code) : undefined;
    return { status: response.statusCode, code, body: answer };
  } finally {
    await pool.destroy();
  }
}

const callToken = (as: BotIdentity) => ask(as.tls.current(), 'POST', '/v1/call-tokens', { audience: 'audio' });
const asService = async (name: ServiceName): Promise<Material> => (await here.agentFor(name)).tls.current();
const csr = async (): Promise<string> => createCertificateRequest().csrPem;
const idOf = (workload: Workload): string => spiffeId(here.installation, workload);

async function expectEnrolment(workload: Workload, lifetimeMs = 60_000): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await here.enrolments.expect(enrolmentHash(token), workload, Date.now() + lifetimeMs);
  return token;
}

/** Requests for more than is allowed, or made from something else. */
const crafted = {
  async withNames(): Promise<string> {
    const keys = await webcrypto.subtle.generateKey(certificateAlgorithm, true, ['sign', 'verify']);
    const request = await Pkcs10CertificateRequestGenerator.create({
      name: 'CN=gateway-proxy, O=Attacker',
      keys,
      signingAlgorithm: certificateAlgorithm,
      extensions: [
        new SubjectAlternativeNameExtension([
          { type: 'url', value: idOf(service('gateway-proxy')) },
          { type: 'dns', value: 'localhost' },
        ]),
      ],
    });
    return request.toString('pem');
  },
  async otherCurve(): Promise<string> {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' };
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const request = await Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: algorithm });
    return request.toString('pem');
  },
  async rsa(): Promise<string> {
    const algorithm = {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
    };
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    return (await Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: algorithm })).toString('pem');
  },
  async forgedSignature(): Promise<string> {
    const other = await webcrypto.subtle.generateKey(certificateAlgorithm, true, ['sign', 'verify']);
    const keys = await webcrypto.subtle.generateKey(certificateAlgorithm, true, ['sign', 'verify']);
    const request = await Pkcs10CertificateRequestGenerator.create({
      keys: { publicKey: keys.publicKey, privateKey: other.privateKey },
      signingAlgorithm: certificateAlgorithm,
    });
    return request.toString('pem');
  },
  garbage: async () => '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----',
  text: async () => 'please',
};

describe('enrolment', () => {
  test('gives a process the identity that its parent announced, whatever its request asks for', async () => {
    const enrolment = await expectEnrolment(service('worker'));
    const answer = await ask(undefined, 'POST', '/v1/enrol', { enrolment, csr: await crafted.withNames() });
    expect(answer.status).toBe(200);
    const issued = issuedCertificateSchema.parse(answer.body);
    const certificate = new X509Certificate(issued.certificatePem);
    expect(certificate.subjectAltName).toBe(`URI:${idOf(service('worker'))}`);
    expect(certificate.subject ?? '').toBe('');
  });

  test('makes certificates that last an hour, serve both ends, sign nothing and have random numbers', async () => {
    const serials = new Set<string>();
    for (const name of ['worker', 'audio'] as const) {
      const enrolment = await expectEnrolment(service(name));
      const answer = await ask(undefined, 'POST', '/v1/enrol', { enrolment, csr: await csr() });
      const issued = issuedCertificateSchema.parse(answer.body);
      const certificate = new X509Certificate(issued.certificatePem);
      const lifeMs = certificate.validToDate.getTime() - certificate.validFromDate.getTime();
      expect(Math.round(lifeMs / 60_000)).toBe(61);
      expect(Date.now() - certificate.validFromDate.getTime()).toBeGreaterThanOrEqual(60_000);
      expect(issued.expiresAtMs).toBe(certificate.validToDate.getTime());
      expect(certificate.ca).toBe(false);
      expect([...(certificate.keyUsage ?? [])].sort()).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
      expect(certificate.serialNumber).toMatch(/^[4-7][0-9A-F]{39}$/);
      serials.add(certificate.serialNumber);
      expect(certificate.verify(new X509Certificate(issued.trustBundlePem).publicKey)).toBe(true);
    }
    expect(serials.size).toBe(2);
  });

  test('is good for one use', async () => {
    const enrolment = await expectEnrolment(service('worker'));
    const first = await ask(undefined, 'POST', '/v1/enrol', { enrolment, csr: await csr() });
    const second = await ask(undefined, 'POST', '/v1/enrol', { enrolment, csr: await csr() });
    expect([first.status, second.status, second.code]).toEqual([200, 403, 'identity.enrolment-refused']);
  });

  test('is answered again for the same request, whose answer may have been lost, and for no other after it', async () => {
    const enrolment = await expectEnrolment(service('worker'));
    const own = await csr();
    const enrol = (request: string) => ask(undefined, 'POST', '/v1/enrol', { enrolment, csr: request });
    const keyOf = (body: unknown) => {
      const { certificatePem } = issuedCertificateSchema.parse(body);
      return new X509Certificate(certificatePem).publicKey.export({ format: 'pem', type: 'spki' });
    };
    const [first, again] = [await enrol(own), await enrol(own)];
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(keyOf(again.body)).toBe(keyOf(first.body));
    const other = await enrol(await csr());
    expect([other.status, other.code]).toEqual([403, 'identity.enrolment-refused']);
    expect((await enrol(own)).status).toBe(200);
  });

  test('lets exactly one of racing requests win', async () => {
    const enrolment = await expectEnrolment(service('worker'));
    const requests = await Promise.all(Array.from({ length: 12 }, csr));
    const answers = await Promise.all(
      requests.map((each) => ask(undefined, 'POST', '/v1/enrol', { enrolment, csr: each })),
    );
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => answer.code === 'identity.enrolment-refused')).toHaveLength(11);
  });

  test('is refused when it has expired or was never announced, with the same words', async () => {
    const expired = await ask(undefined, 'POST', '/v1/enrol', {
      enrolment: await expectEnrolment(service('worker'), -1),
      csr: await csr(),
    });
    const unknown = await ask(undefined, 'POST', '/v1/enrol', { enrolment: 'x'.repeat(43), csr: await csr() });
    expect([expired.status, expired.code]).toEqual([403, 'identity.enrolment-refused']);
    expect(unknown).toMatchObject({ status: 403, code: expired.code });
  });

  test.each(['otherCurve', 'rsa', 'forgedSignature', 'garbage', 'text'] as const)(
    'refuses a request with %s and leaves the token unused',
    async (how) => {
      const enrolment = await expectEnrolment(service('worker'));
      const refused = await ask(undefined, 'POST', '/v1/enrol', { enrolment, csr: await crafted[how]() });
      expect([refused.status, refused.code]).toEqual([400, 'identity.bad-request']);
      expect((await ask(undefined, 'POST', '/v1/enrol', { enrolment, csr: await csr() })).status).toBe(200);
    },
  );

  test.each([
    ['nothing', {}],
    ['a number as token', { enrolment: 1, csr: 'x' }],
    ['a wish for an identity', { enrolment: 'x'.repeat(43), csr: 'x', spiffeId: 'spiffe://test/svc/api' }],
  ])('refuses %s', async (_what, body) => {
    expect(await ask(undefined, 'POST', '/v1/enrol', body)).toMatchObject({ status: 400, code: 'identity.invalid' });
  });

  test('refuses a body that is too large, and one that is not JSON', async () => {
    const large = await ask(undefined, 'POST', '/v1/enrol', { enrolment: 'x'.repeat(100_000), csr: 'x' });
    const broken = await ask(undefined, 'POST', '/v1/enrol', {}, '{"enrolment":');
    expect([large.status, large.code, broken.status]).toEqual([413, 'http.too-large', 400]);
  });
});

const certified: readonly { method: 'GET' | 'POST'; path: string; body?: object }[] = [
  { method: 'POST', path: '/v1/certificates', body: { csr: 'x' } },
  { method: 'POST', path: '/v1/call-tokens', body: { audience: 'audio' } },
  {
    method: 'POST',
    path: '/v1/vouched/certificates',
    body: { spiffeId: `spiffe://test/tenant/${tenantA}/bot`, csr: 'x' },
  },
  { method: 'POST', path: '/v1/vouched/call-tokens', body: {} },
  { method: 'POST', path: '/v1/delegations', body: {} },
  { method: 'POST', path: '/v1/revocations', body: { kind: 'token', value: 'x', reason: 'x' } },
  { method: 'GET', path: '/v1/keys' },
  { method: 'GET', path: '/v1/identity-keys' },
  { method: 'POST', path: '/v1/identity-keys/rotate', body: { kind: 'shared' } },
  { method: 'GET', path: '/v1/revocations' },
  { method: 'GET', path: '/v1/unknown' },
];

describe('every other operation', () => {
  test.each(certified)('refuses who has no certificate: $method $path', async ({ method, path, body }) => {
    expect(await ask(undefined, method, path, body)).toMatchObject({ status: 401, code: 'identity.unauthenticated' });
  });

  test('refuses the certificate of another installation, and lets the same request of ours pass', async () => {
    const elsewhere = await testInstallation({ database: here.database, installation: 'elsewhere' }).catch(
      () => undefined,
    );
    // One database holds one installation's authority: another key cannot open it.
    expect(elsewhere).toBeUndefined();
    await using other = await testInstallation({ installation: 'test' });
    const stranger = (await other.agentFor('audio')).tls.current();
    for (const { method, path, body } of certified)
      expect(await ask(stranger, method, path, body)).toMatchObject({ status: 401 });
    expect((await ask(await asService('audio'), 'GET', '/v1/keys')).status).toBe(200);
  });

  test('refuses a certificate that a workload has signed itself with the key of its own', async () => {
    const audio = (await here.agentFor('audio')).tls.current();
    const issuer = new Certificate(audio.certificatePem);
    const pkcs8 = Buffer.from(audio.privateKeyPem.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64');
    const { subtle } = webcrypto;
    const signingKey = await subtle.importKey('pkcs8', pkcs8, certificateAlgorithm, false, ['sign']);
    const { csrPem, privateKeyPem } = createCertificateRequest();
    const forged = await X509CertificateGenerator.create({
      issuer: issuer.subject,
      publicKey: await csrKey(csrPem),
      signingKey,
      signingAlgorithm: certificateAlgorithm,
      notBefore: new Date(Date.now() - 1_000),
      notAfter: new Date(Date.now() + 60_000),
      extensions: [new SubjectAlternativeNameExtension([{ type: 'url', value: idOf(service('gateway-proxy')) }], true)],
    });
    const chain = `${forged.toString('pem')}\n${audio.certificatePem}`;
    const answer = await ask({ ...audio, certificatePem: chain, privateKeyPem }, 'GET', '/v1/keys');
    expect(answer).toMatchObject({ status: 401, code: 'identity.unauthenticated' });
  });

  test('knows no other methods and addresses', async () => {
    const audio = await asService('audio');
    for (const [method, path, status] of [
      ['PUT', '/v1/call-tokens', 405],
      ['GET', '/v1/call-tokens', 405],
      ['HEAD', '/v1/keys', 405],
      ['GET', '/v1/keys/', 404],
      ['GET', '/v1/../v1/keys', 404],
      ['GET', '//v1/keys', 404],
    ] as const)
      expect((await ask(audio, method, path)).status, `${method} ${path}`).toBe(status);
  });
});

async function csrKey(csrPem: string) {
  const { Pkcs10CertificateRequest } = await import('@peculiar/x509');
  return new Pkcs10CertificateRequest(csrPem).publicKey;
}

test.each(['/v1/keys', '/v1/revocations'])('a bot is not told of what concerns others: GET %s', async (path) => {
  expect(await ask(botA.tls.current(), 'GET', path)).toMatchObject({ status: 403, code: 'identity.forbidden' });
});

test('what is answered is counted by operation', async () => {
  await callToken(botA);
  await ask(undefined, 'POST', '/v1/call-tokens', { audience: 'audio' });
  const metrics = await (await fetch(`${here.opsUrl}/metrics`)).text();
  for (const status of [200, 401])
    expect(metrics).toMatch(
      new RegExp(`identity_answers_total\\{operation="/v1/call-tokens",status="${status}"\\} [1-9]`),
    );
});

describe('renewal', () => {
  test('keeps the identity, whatever the request asks for', async () => {
    const answer = await ask(botA.tls.current(), 'POST', '/v1/certificates', { csr: await crafted.withNames() });
    const issued = issuedCertificateSchema.parse(answer.body);
    const peer = readCertificate(new X509Certificate(issued.certificatePem), here.installation);
    expect(peer).toMatchObject({ workload: bot(tenantA), spiffeId: botA.spiffeId });
  });

  test.each(['otherCurve', 'forgedSignature', 'garbage'] as const)('refuses a request with %s', async (how) => {
    const answer = await ask(botA.tls.current(), 'POST', '/v1/certificates', { csr: await crafted[how]() });
    expect(answer).toMatchObject({ status: 400, code: 'identity.bad-request' });
  });
});

describe('call tokens', () => {
  test('are bound to the certificate on which they were asked for, and name the tenant of a bot only', async () => {
    const forBot = issuedTokenSchema.parse(
      (await ask(botA.tls.current(), 'POST', '/v1/call-tokens', { audience: 'audio' })).body,
    );
    const claims = decodeJwt(forBot.token);
    expect(claims).toMatchObject({
      iss: idOf(service('token-service')),
      sub: botA.spiffeId,
      aud: idOf(service('audio')),
      tid: tenantA,
      cnf: { 'x5t#S256': botA.thumbprint },
    });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(60);
    const audio = await here.agentFor('audio');
    const forAudio = decodeJwt(await audio.callToken('lavalink'));
    expect(forAudio).toMatchObject({ aud: 'spiffe://test/svc/lavalink', cnf: { 'x5t#S256': audio.thumbprint() } });
    expect(forAudio).not.toHaveProperty('tid');
  });

  test.each([
    ['an unknown audience', { audience: 'postgres' }],
    ['an audience that every object has', { audience: 'constructor' }],
    ['several audiences', { audience: ['audio'] }],
    ['a wish for another subject', { audience: 'audio', spiffeId: 'spiffe://test/svc/api' }],
    ['a wish for another certificate', { audience: 'audio', thumbprint: 'A'.repeat(43) }],
  ])('are not issued for %s', async (_what, body) => {
    const answer = await ask(botA.tls.current(), 'POST', '/v1/call-tokens', body);
    expect(answer).toMatchObject({ status: 400, code: 'identity.invalid' });
  });
});

describe('vouching', () => {
  const certificates = '/v1/vouched/certificates';
  const tokens = '/v1/vouched/call-tokens';
  const tokenBody = (id: string) => ({ spiffeId: id, audience: 'audio', thumbprint: 'A'.repeat(42) + 'A' });

  test('by the supervisor makes a bot of one tenant', async () => {
    const supervisor = await asService('supervisor');
    const certificate = await ask(supervisor, 'POST', certificates, { spiffeId: botA.spiffeId, csr: await csr() });
    expect(certificate.status).toBe(200);
    const token = await ask(supervisor, 'POST', tokens, { ...tokenBody(botA.spiffeId), thumbprint: botA.thumbprint });
    expect(decodeJwt(issuedTokenSchema.parse(token.body).token)).toMatchObject({
      sub: botA.spiffeId,
      tid: tenantA,
      cnf: { 'x5t#S256': botA.thumbprint },
    });
  });

  test.each(serviceNames)('by the supervisor for the service %s is refused', async (name) => {
    const supervisor = await asService('supervisor');
    const id = idOf(service(name));
    const certificate = await ask(supervisor, 'POST', certificates, { spiffeId: id, csr: await csr() });
    const token = await ask(supervisor, 'POST', tokens, tokenBody(id));
    expect(certificate).toMatchObject({ status: 403, code: 'identity.forbidden' });
    expect(token).toMatchObject({ status: 403, code: 'identity.forbidden' });
  });

  test.each([
    ['of another installation', `spiffe://other/tenant/${tenantA}/bot`],
    ['of no tenant', 'spiffe://test/tenant/ten_x/bot'],
    ['with a path that goes on', `spiffe://test/tenant/${tenantA}/bot/../../../svc/api`],
  ])('by the supervisor for a bot %s is refused', async (_what, id) => {
    const answer = await ask(await asService('supervisor'), 'POST', certificates, { spiffeId: id, csr: await csr() });
    expect(answer).toMatchObject({ status: 403, code: 'identity.forbidden' });
  });

  test.each(serviceNames.filter((name) => name !== 'supervisor' && name !== 'token-service'))(
    'by the service %s is refused',
    async (name) => {
      const body = { spiffeId: botA.spiffeId, csr: await csr() };
      expect(await ask(await asService(name), 'POST', certificates, body)).toMatchObject({ status: 403 });
      expect(await ask(await asService(name), 'POST', tokens, tokenBody(botA.spiffeId))).toMatchObject({ status: 403 });
    },
  );

  test('by a bot is refused, for itself and for another tenant', async () => {
    for (const id of [botA.spiffeId, botB.spiffeId]) {
      const body = { spiffeId: id, csr: await csr() };
      expect(await ask(botA.tls.current(), 'POST', certificates, body)).toMatchObject({ status: 403 });
      expect(await ask(botA.tls.current(), 'POST', tokens, tokenBody(id))).toMatchObject({ status: 403 });
    }
  });
});

const jwk = () => ({ kty: 'oct', k: randomBytes(32).toString('base64url') });
const forProxy = (key: object) => ({ use: 'transaction-token', verifier: 'gateway-proxy', jwk: key });

describe('delegation', () => {
  test.each([
    ['discord-edge', 'transaction-token', 'gateway-proxy', 200],
    ['api', 'transaction-token', 'gateway-proxy', 200],
    ['gateway-proxy', 'grant', 'audio', 200],
    ['gateway-proxy', 'grant', 'worker', 200],
    ['gateway-proxy', 'grant', 'gateway-proxy', 403],
    ['gateway-proxy', 'grant', 'token-service', 403],
    ['discord-edge', 'transaction-token', 'audio', 403],
    ['discord-edge', 'transaction-token', 'discord-edge', 403],
    ['discord-edge', 'grant', 'audio', 403],
    ['api', 'grant', 'api', 403],
    ['gateway-proxy', 'transaction-token', 'gateway-proxy', 403],
    ['audio', 'grant', 'audio', 403],
    ['audio', 'transaction-token', 'gateway-proxy', 403],
    ['worker', 'transaction-token', 'gateway-proxy', 403],
    ['supervisor', 'grant', 'supervisor', 403],
    ['api', 'call-token', 'audio', 400],
    ['gateway-proxy', 'authority', 'audio', 400],
    ['gateway-proxy', 'grant', 'lavalink', 400],
  ] as const)('to %s of a %s for %s is answered %i', async (name, use, verifier, status) => {
    const key = jwk();
    const answer = await ask(await asService(name), 'POST', '/v1/delegations', { use, verifier, jwk: key });
    expect(answer.status).toBe(status);
    for (const each of ['audio', 'worker', 'gateway-proxy', 'api', 'discord-edge', 'supervisor'] as const) {
      const { body } = await ask(await asService(each), 'GET', '/v1/keys');
      expect(JSON.stringify(body).includes(key.k), each).toBe(status === 200 && each === verifier);
    }
  });

  test('to a bot is refused', async () => {
    const answer = await ask(botA.tls.current(), 'POST', '/v1/delegations', forProxy(jwk()));
    expect(answer).toMatchObject({ status: 403, code: 'identity.forbidden' });
  });

  test('of a key that another holds is refused, so that nobody takes a key over', async () => {
    const key = jwk();
    const first = await ask(await asService('api'), 'POST', '/v1/delegations', forProxy(key));
    const again = await ask(await asService('discord-edge'), 'POST', '/v1/delegations', forProxy(key));
    expect([first.status, again.status, again.code]).toEqual([200, 409, 'identity.key-in-use']);
  });

  test.each([
    ['that is too short', { kty: 'oct', k: 'AAAA' }],
    ['that is public', { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) }],
    ['for another algorithm', { ...jwk(), alg: 'HS512' }],
    ['with a name that it chose', { ...jwk(), kid: 'A'.repeat(43) }],
  ])('of a key %s is refused', async (_what, key) => {
    const answer = await ask(await asService('api'), 'POST', '/v1/delegations', forProxy(key));
    expect(answer).toMatchObject({ status: 400, code: 'identity.invalid' });
  });
});

describe('revocation', () => {
  const path = '/v1/revocations';

  test.each(['gateway-proxy', 'discord-edge', 'audio', 'worker'] as const)('by %s is refused', async (name) => {
    const body = { kind: 'subject', value: botA.spiffeId, reason: 'test' };
    expect(await ask(await asService(name), 'POST', path, body)).toMatchObject({
      status: 403,
      code: 'identity.forbidden',
    });
  });

  test('by a bot is refused, and changes nothing for the other tenant', async () => {
    const body = { kind: 'subject', value: botB.spiffeId, reason: 'test' };
    expect(await ask(botA.tls.current(), 'POST', path, body)).toMatchObject({ status: 403 });
    expect((await callToken(botB)).status).toBe(200);
  });

  test.each([
    ['an unknown kind', { kind: 'tenant', value: 'x', reason: 'x' }],
    ['no reason', { kind: 'token', value: 'x' }],
    ['an empty value', { kind: 'token', value: '', reason: 'x' }],
  ])('with %s is refused', async (_what, body) => {
    expect(await ask(await asService('api'), 'POST', path, body)).toMatchObject({
      status: 400,
      code: 'identity.invalid',
    });
  });

  test('of a subject ends what it has at once; what its successor gets afterwards works', async () => {
    const doomed = await here.botIdentity(newTenantId());
    expect((await ask(doomed.tls.current(), 'POST', '/v1/call-tokens', { audience: 'audio' })).status).toBe(200);
    const body = { kind: 'subject', value: doomed.spiffeId, reason: 'suspended' };
    expect((await ask(await asService('api'), 'POST', path, body)).status).toBe(200);
    for (const [method, address, content] of [
      ['POST', '/v1/call-tokens', { audience: 'audio' }],
      ['POST', '/v1/certificates', { csr: await csr() }],
    ] as const)
      expect(await ask(doomed.tls.current(), method, address, content)).toMatchObject({
        status: 403,
        code: 'identity.revoked',
      });
    const successor = await here.botIdentity(doomed.tenant);
    expect((await ask(successor.tls.current(), 'POST', '/v1/call-tokens', { audience: 'audio' })).status).toBe(200);
    expect((await callToken(botA)).status).toBe(200);
  });

  test('of a certificate concerns that one and no other of the same bot', async () => {
    const one = await here.botIdentity(tenantA);
    const body = { kind: 'certificate', value: one.thumbprint, reason: 'stolen' };
    expect((await ask(await asService('supervisor'), 'POST', path, body)).status).toBe(200);
    expect(await callToken(one)).toMatchObject({ status: 403, code: 'identity.revoked' });
    await expect(one.callToken('audio')).rejects.toMatchObject({ code: 'identity.revoked' });
    expect((await callToken(botA)).status).toBe(200);
  });

  test('of a verifier replaces the keys that were shared with it', async () => {
    await using other = await testInstallation();
    const workload = service('gateway-proxy');
    await using proxy = await enrol(other.enrolmentFor(workload), {
      workload,
      logger: silentLogger(),
      onLost: vi.fn(),
    });
    const edge = await other.agentFor('discord-edge');
    const signer = await edge.delegate('transaction-token');
    const { kid } = signer;
    await expect.poll(() => proxy.keys.find(kid, 'transaction-token')).toBeDefined();
    const api = await other.agentFor('api');
    await api.tokenService.revoke({ kind: 'subject', value: proxy.spiffeId, reason: 'stolen' });
    await expect.poll(() => signer.kid).not.toBe(kid);
    await using successor = await enrol(other.enrolmentFor(workload), { workload, logger: silentLogger() });
    await expect.poll(() => successor.keys.find(signer.kid, 'transaction-token')).toBeDefined();
    expect(await successor.keys.find(kid, 'transaction-token')).toBeUndefined();
  });

  test('of a service withdraws the keys that it signs with', async () => {
    await using other = await testInstallation();
    const lost = vi.fn<(error: Error) => void>();
    const workload = service('discord-edge');
    const enrolment = other.enrolmentFor(workload);
    await using edge = await enrol(enrolment, { workload, logger: silentLogger(), onLost: lost });
    const proxy = await other.agentFor('gateway-proxy');
    const { kid } = await edge.delegate('transaction-token');
    await expect.poll(() => proxy.keys.find(kid, 'transaction-token')).toMatchObject({ holder: edge.spiffeId });
    const api = await other.agentFor('api');
    await api.tokenService.revoke({ kind: 'subject', value: edge.spiffeId, reason: 'stolen' });
    await expect.poll(() => proxy.keys.find(kid, 'transaction-token')).toBeUndefined();
    await expect.poll(() => lost.mock.calls, { timeout: 15_000 }).toHaveLength(1);
  });
});

describe('a rotation that an operator asks for', () => {
  test('is for the api to ask for, and for nobody else', async () => {
    for (const name of ['gateway-proxy', 'worker', 'supervisor'] as const) {
      const material = await asService(name);
      for (const [method, path, body] of [
        ['GET', '/v1/identity-keys', undefined],
        ['POST', '/v1/identity-keys/rotate', { kind: 'authority' }],
      ] as const)
        expect(await ask(material, method, path, body)).toMatchObject({ status: 403, code: 'identity.forbidden' });
    }
    const unknown = await ask(await asService('api'), 'POST', '/v1/identity-keys/rotate', { kind: 'everything' });
    expect(unknown).toMatchObject({ status: 400, code: 'identity.invalid' });
  });

  test('of shared keys has their holders replace them at once, while what was signed before is accepted', async () => {
    await using other = await testInstallation();
    const proxy = await other.agentFor('gateway-proxy');
    const edge = await other.agentFor('discord-edge');
    const signer = await edge.delegate('transaction-token');
    const { kid } = signer;
    await expect.poll(() => proxy.keys.find(kid, 'transaction-token')).toBeDefined();
    const { tokenService } = await other.agentFor('api');
    const { keys } = await tokenService.rotateIdentityKeys('shared');
    const accepted = Date.parse(keys.find(({ id }) => id === kid)?.acceptedUntil ?? '') - Date.now();
    // As long as a transaction token lives, and as it takes until every holder has heard of it.
    expect(accepted).toBeGreaterThan(300_000);
    expect(accepted).toBeLessThan(420_000);
    await expect.poll(() => signer.kid).not.toBe(kid);
    await expect.poll(() => proxy.keys.find(signer.kid, 'transaction-token')).toBeDefined();
    expect(await proxy.keys.find(kid, 'transaction-token')).toBeDefined();
    const after = (await tokenService.identityKeys()).keys.filter(({ use }) => use === 'transaction-token');
    expect(after.map(({ id, state }) => ({ id, state }))).toEqual([
      { id: kid, state: 'earlier' },
      { id: signer.kid, state: 'current' },
    ]);
  });
});

test('private and shared keys lie sealed in the database', async () => {
  const pg = await import('pg');
  const client = new pg.default.Client({ connectionString: here.database.adminUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ use: string; sealed: Buffer; public: object }>('select * from identity_key');
    expect(rows.map((row) => row.use).sort()).toEqual(['authority', 'call-token']);
    for (const row of rows) {
      expect(JSON.stringify(row.public)).not.toMatch(/"d"|PRIVATE/);
      // PKCS #8 starts with a sequence that names the algorithm; none of it is visible.
      expect(row.sealed.includes(Buffer.from('2b6570', 'hex'))).toBe(false);
      expect(row.sealed.includes(Buffer.from('2a8648ce3d', 'hex'))).toBe(false);
    }
    const key = jwk();
    expect((await ask(await asService('api'), 'POST', '/v1/delegations', forProxy(key))).status).toBe(200);
    const { rows: shared } = await client.query<{ row: string; sealed: Buffer }>(
      'select sealed, delegated_key::text as row from delegated_key',
    );
    expect(shared.length).toBeGreaterThan(0);
    for (const { row, sealed } of shared) {
      expect(sealed.includes(Buffer.from(key.k, 'base64url'))).toBe(false);
      expect(row).not.toContain(key.k);
    }
  } finally {
    await client.end();
  }
});

test('a certificate that is shown with another key does not even connect', async () => {
  const { privateKeyPem } = createCertificateRequest();
  const stolen = new OwnCertificate(
    { certificatePem: botB.certificatePem, trustBundlePem: here.trustBundlePem, expiresAtMs: 0 },
    privateKeyPem,
  );
  await expect(ask(stolen.current(), 'GET', '/v1/keys')).rejects.toMatchObject({
    code: 'ERR_OSSL_X509_KEY_VALUES_MISMATCH',
  });
});
