import type { IncomingHttpHeaders } from 'node:http';
import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ndjsonReply } from '#infra/http/ndjson.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import { startHttpService, type HttpService, type TlsMaterial } from '#infra/http/service.ts';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import { newTenantId, snowflake } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { testInstallation, type BotIdentity, type TestInstallation } from '#test/installation.ts';
import type { Agent } from './agent.ts';
import { verifyCallToken } from './call-token.ts';
import { createCaller, type Caller } from './caller.ts';
import { grantHeader, issueGrant, type Grant } from './grant.ts';
import { installGuard } from './guard.ts';
import { peerReader } from './peer.ts';
import { bot, service, type ServiceName } from './spiffe.ts';
import { workloadTls } from './workload-connection.ts';

const tenantA = newTenantId();
const tenantB = newTenantId();
const guild = snowflake('2001');
const otherGuild = snowflake('2002');
const listen = { host: '127.0.0.1', port: 0 };
const resources = new AsyncDisposableStack();
let here: TestInstallation;
let botA: BotIdentity;
let audio: Agent;
let audioService: HttpService;
const startAudio = (register: (app: HttpApp) => void): Promise<HttpService> =>
  startHttpService({ name: 'audio', logger: silentLogger(), listen, ops: listen, tls: audio.tls, register });
beforeAll(async () => {
  here = resources.use(await testInstallation());
  botA = await here.botIdentity(tenantA);
  audio = await here.agentFor('audio');
  audioService = resources.use(
    await startAudio((app) => {
      installGuard(app, { agent: audio, audience: 'audio' });
      const path = '/v1/tenants/:tenant/guilds/:guild/player';
      app.get(path, { config: { action: 'player.read' } }, (request) => request.grant);
      app.post(`${path}/skip`, { config: { action: 'player.skip' } }, (request) => request.grant);
      app.get('/v1/voice-events', { config: { action: 'voice.events' } }, (request) => request.grant);
    }),
  );
});
afterAll(() => resources.disposeAsync());

const read = `/v1/tenants/${tenantA}/guilds/${guild}/player`;
const readGrant = (fields: Partial<Grant> = {}): Grant => ({
  caller: bot(tenantA),
  tenant: tenantA,
  guild,
  action: 'player.read',
  decision: 'dec_1',
  requestId: 'req_1',
  ...fields,
});

async function grantFor(grant: Grant, audience: ServiceName = 'audio', nowMs = Date.now()): Promise<string> {
  const signer = await (await here.agentFor('gateway-proxy')).delegate('grant', 'audio');
  return issueGrant(signer, grant, { audience, nowMs });
}

async function ask(
  as: TlsMaterial,
  path: string,
  headers: Record<string, string | string[]>,
  method: 'GET' | 'POST' | 'HEAD' | 'DELETE' = 'GET',
) {
  const { certificatePem, privateKeyPem, trustBundlePem } = as.current();
  const pool = new Pool(audioService.url, {
    connect: { ...workloadTls(trustBundlePem, audio.spiffeId), cert: certificatePem, key: privateKeyPem },
  });
  try {
    const response = await pool.request({ method, path, headers });
    const text = await response.body.text();
    const body = (text === '' ? {} : JSON.parse(text)) as { code?: string };
    return { status: response.statusCode, code: body.code, body };
  } finally {
    await pool.destroy();
  }
}

describe('guard', () => {
  const proxyTls = async () => (await here.agentFor('gateway-proxy')).tls;

  test('lets the proxy in with a grant, and the route sees what was decided', async () => {
    const answer = await ask(await proxyTls(), read, { [grantHeader]: await grantFor(readGrant()) });
    expect(answer).toMatchObject({ status: 200, body: readGrant() });
  });

  test.each(['discord-edge', 'api', 'audio', 'worker', 'supervisor'] as const)(
    'refuses %s even with a genuine grant',
    async (name) => {
      const { tls } = await here.agentFor(name);
      const answer = await ask(tls, read, { [grantHeader]: await grantFor(readGrant()) });
      expect(answer).toMatchObject({ status: 403, code: 'guard.not-the-proxy' });
    },
  );

  test('refuses a bot even with the grant that was made for it', async () => {
    const answer = await ask(botA.tls, read, { [grantHeader]: await grantFor(readGrant()) });
    expect(answer).toMatchObject({ status: 403, code: 'guard.not-the-proxy' });
  });

  test('does not even connect with who has no certificate', async () => {
    const pool = new Pool(audioService.url, { connect: workloadTls(here.trustBundlePem, audio.spiffeId) });
    await expect(pool.request({ method: 'GET', path: read })).rejects.toThrow();
    await pool.destroy();
  });

  test.each([
    ['no grant', async () => ({}), 'guard.no-grant'],
    ['an empty grant', async () => ({ [grantHeader]: '' }), 'guard.malformed'],
    [
      'two grants',
      async () => {
        const grant = await grantFor(readGrant());
        return { [grantHeader]: [grant, grant] };
      },
      'guard.malformed',
    ],
    [
      'a call token for a grant',
      async () => ({ [grantHeader]: await (await here.agentFor('api')).callToken('audio') }),
      'guard.wrong-type',
    ],
    [
      'a grant for another service',
      async () => ({ [grantHeader]: await grantFor(readGrant(), 'discord-edge') }),
      'guard.wrong-audience',
    ],
    [
      'a grant of sixteen seconds ago',
      async () => ({ [grantHeader]: await grantFor(readGrant(), 'audio', Date.now() - 16_000) }),
      'guard.expired',
    ],
    [
      'a grant for another action',
      async () => ({ [grantHeader]: await grantFor(readGrant({ action: 'player.skip' })) }),
      'guard.other-action',
    ],
    [
      'a grant for another guild',
      async () => ({ [grantHeader]: await grantFor(readGrant({ guild: otherGuild })) }),
      'guard.other-guild',
    ],
    [
      'a grant without a guild',
      async () => ({ [grantHeader]: await grantFor(readGrant({ guild: undefined })) }),
      'guard.other-guild',
    ],
    [
      'a grant for another tenant',
      async () => ({ [grantHeader]: await grantFor(readGrant({ tenant: tenantB, caller: bot(tenantB) })) }),
      'guard.other-tenant',
    ],
    [
      'a grant of a service without a tenant',
      async () => ({ [grantHeader]: await grantFor(readGrant({ tenant: undefined, caller: service('api') })) }),
      'guard.other-tenant',
    ],
  ] as const)('refuses the proxy with %s', async (_what, headers, code) => {
    expect(await ask(await proxyTls(), read, await headers())).toMatchObject({ status: 403, code });
  });

  test('refuses a grant that the edge has signed', async () => {
    const edge = await here.agentFor('discord-edge');
    const signer = await edge.delegate('transaction-token');
    const grant = await issueGrant(signer, readGrant(), { audience: 'audio', nowMs: Date.now() });
    const answer = await ask(await proxyTls(), read, { [grantHeader]: grant });
    expect(answer).toMatchObject({ status: 403, code: 'guard.unknown-key' });
  });

  test('looks at the tenant in the path as it will be used, encoded or not', async () => {
    const grant = await grantFor(readGrant());
    const encoded = read.replace('ten_', '%74en_');
    expect((await ask(await proxyTls(), encoded, { [grantHeader]: grant })).status).toBe(200);
    const other = `/v1/tenants/${tenantB}/guilds/${guild}/player`;
    expect(await ask(await proxyTls(), other, { [grantHeader]: grant })).toMatchObject({ code: 'guard.other-tenant' });
  });

  test('a grant to read does not let HEAD, DELETE or an unknown address do more', async () => {
    const headers = { [grantHeader]: await grantFor(readGrant()) };
    expect((await ask(await proxyTls(), read, headers, 'HEAD')).status).toBe(200);
    expect((await ask(await proxyTls(), read, headers, 'DELETE')).status).toBe(405);
    expect((await ask(await proxyTls(), `${read}/skip`, headers, 'POST')).code).toBe('guard.other-action');
    expect((await ask(await proxyTls(), '/v1/elsewhere', headers)).status).toBe(404);
    expect((await ask(botA.tls, '/v1/elsewhere', headers)).status).toBe(403);
  });

  test('a route of no tenant takes a grant of no tenant', async () => {
    const grant = { caller: service('audio'), action: 'voice.events', decision: 'dec_1', requestId: 'req_1' };
    const answer = await ask(await proxyTls(), '/v1/voice-events', { [grantHeader]: await grantFor(grant) });
    expect(answer.status).toBe(200);
  });

  test('refuses to start with a route that names no action', async () => {
    const starting = startAudio((app) => {
      installGuard(app, { agent: audio, audience: 'audio' });
      app.get('/open', () => 'anybody');
    });
    await expect(starting).rejects.toMatchObject({ code: 'guard.no-action' });
  });

  test('refuses everybody while revocations cannot be known', async () => {
    await using blind = await startAudio((app) => {
      const { installation, keys, revocations } = audio;
      const silent = { ...revocations, fresh: () => false };
      installGuard(app, { agent: { installation, keys, revocations: silent }, audience: 'audio' });
      app.get('/', { config: { action: 'player.read' } }, () => 'unreachable');
    });
    const { certificatePem, privateKeyPem, trustBundlePem } = (await proxyTls()).current();
    const pool = new Pool(blind.url, {
      connect: { ...workloadTls(trustBundlePem, audio.spiffeId), cert: certificatePem, key: privateKeyPem },
    });
    const response = await pool.request({ method: 'GET', path: '/' });
    const body = await response.body.json();
    await pool.destroy();
    expect([response.statusCode, body]).toMatchObject([503, { code: 'guard.not-fresh' }]);
  });
});

/** Takes gateway-proxy's place, with its real identity: records what arrives, and answers as told. */
interface Proxy extends AsyncDisposable {
  readonly url: string;
  readonly seen: { url: string; headers: IncomingHttpHeaders; body: unknown; thumbprint: string }[];
}

async function startProxy(as: ServiceName = 'gateway-proxy', port = 0): Promise<Proxy> {
  const agent = await here.agentFor(as);
  const peerOf = peerReader(here.installation, { now: Date.now, after: () => () => undefined });
  const seen: Proxy['seen'] = [];
  let stale = 2;
  const http = await startHttpService({
    name: as,
    logger: silentLogger(),
    listen: { ...listen, port },
    ops: listen,
    tls: agent.tls,
    register(app) {
      app.addHook('preHandler', async (request) => {
        const thumbprint = peerOf(request.raw.socket)?.thumbprint ?? '';
        seen.push({ url: request.url, headers: request.headers, body: request.body, thumbprint });
      });
      app.all('/audio/v1/echo', () => ({ ok: true }));
      app.all('/audio/v1/denied', () => {
        throw callerFault('authorize.denied', 'Only DJs may skip.', 403);
      });
      app.all('/audio/v1/stale', () => {
        stale -= 1;
        if (stale > 0) throw platformFault('authenticate.not-fresh', 'Try again.');
        return { ok: true };
      });
      app.all('/audio/v1/broken', (_request, reply) => reply.code(502).send('<html>'));
      app.all('/audio/v1/large', () => 'x'.repeat(5 * 1024 * 1024));
      app.all('/audio/v1/silent', (_request, reply) => reply.hijack());
      app.get('/audio/v1/stream', (_request, reply) => {
        const writer = ndjsonReply(reply);
        for (const value of [1, { two: 2 }, 'three']) writer.send(value);
        writer.close();
      });
    },
  });
  return { url: http.url, seen, [Symbol.asyncDispose]: () => http[Symbol.asyncDispose]() };
}

describe('caller', () => {
  const okSchema = z.object({ ok: z.boolean() });
  let proxy: Proxy;
  let caller: Caller;
  beforeAll(async () => {
    proxy = resources.use(await startProxy());
    caller = resources.use(createCaller({ agent: await here.agentFor('api'), proxy: { url: proxy.url } }));
  });

  test('calls the proxy with its certificate, a call token for the target, and the transaction token', async () => {
    const api = await here.agentFor('api');
    const answer = await caller.json(
      {
        to: 'audio',
        method: 'POST',
        path: '/v1/echo',
        body: { a: 1 },
        txnToken: 'token',
        headers: { 'x-request-id': 'r' },
      },
      okSchema,
    );
    expect(answer).toEqual({ ok: true });
    const [seen] = proxy.seen.slice(-1);
    expect(seen).toMatchObject({
      url: '/audio/v1/echo',
      body: { a: 1 },
      thumbprint: api.thumbprint(),
      headers: { 'txn-token': 'token', 'x-request-id': 'r' },
    });
    const token = String(seen?.headers.authorization).replace('Bearer ', '');
    const proxyAgent = await here.agentFor('gateway-proxy');
    const verdict = await verifyCallToken(token, {
      audience: 'audio',
      thumbprint: seen?.thumbprint ?? '',
      installation: here.installation,
      keys: proxyAgent.keys,
      revocations: proxyAgent.revocations,
      nowMs: Date.now(),
    });
    expect(verdict).toMatchObject({ ok: true, value: { workload: service('api') } });
  });

  test('throws what the other side answered, with its code and its words', async () => {
    const call = caller.json({ to: 'audio', method: 'GET', path: '/v1/denied' }, okSchema);
    await expect(call).rejects.toMatchObject({ code: 'authorize.denied', status: 403, message: 'Only DJs may skip.' });
    const response = await caller.request({ to: 'audio', method: 'GET', path: '/v1/denied' });
    expect(response.status).toBe(403);
    response.body.destroy();
  });

  test('calls again where nothing was done because a verifier was not fresh', async () => {
    const before = proxy.seen.length;
    expect(await caller.json({ to: 'audio', method: 'POST', path: '/v1/stale', body: {} }, okSchema)).toEqual({
      ok: true,
    });
    expect(proxy.seen.length - before).toBe(2);
  });

  test.each([
    ['an answer that says nothing', '/v1/broken', 'caller.failed'],
    ['an answer that is too large', '/v1/large', 'caller.too-large'],
    ['an answer that fits no schema', '/v1/echo', 'caller.bad-answer'],
  ])('refuses %s', async (_what, path, code) => {
    const call = caller.json({ to: 'audio', method: 'GET', path }, z.object({ other: z.string() }));
    await expect(call).rejects.toMatchObject({ code });
  });

  test('gives up after its time, and at once on a signal', async () => {
    const late = caller.request({ to: 'audio', method: 'POST', path: '/v1/silent', timeoutMs: 100 });
    await expect(late).rejects.toMatchObject({ code: 'caller.unreachable', status: 503 });
    const signal = AbortSignal.timeout(50);
    const aborted = caller.request({ to: 'audio', method: 'POST', path: '/v1/silent', signal });
    await expect(aborted).rejects.toMatchObject({ code: 'caller.aborted' });
  });

  test('reads a stream value by value', async () => {
    const values: unknown[] = [];
    for await (const value of caller.stream({ to: 'audio', method: 'GET', path: '/v1/stream' })) values.push(value);
    expect(values).toEqual([1, { two: 2 }, 'three']);
    const denied = caller.stream({ to: 'audio', method: 'GET', path: '/v1/denied' });
    await expect(denied.next()).rejects.toMatchObject({ code: 'authorize.denied' });
  });

  test('does not talk to a listener that is another workload than the proxy', async () => {
    await using impostor = await startProxy('worker');
    await using misled = createCaller({ agent: await here.agentFor('api'), proxy: { url: impostor.url } });
    const call = misled.request({ to: 'audio', method: 'POST', path: '/v1/echo', body: {} });
    await expect(call).rejects.toMatchObject({ code: 'caller.unreachable' });
    expect(impostor.seen).toHaveLength(0);
  });

  test('waits for a proxy that comes back within seconds', async () => {
    const first = await startProxy();
    const port = Number(new URL(first.url).port);
    await using patient = createCaller({ agent: await here.agentFor('api'), proxy: { url: first.url } });
    const call = { to: 'audio', method: 'POST', path: '/v1/echo', body: {} } as const;
    expect(await patient.json(call, okSchema)).toEqual({ ok: true });
    await first[Symbol.asyncDispose]();
    const waiting = patient.json(call, okSchema);
    await using second = await startProxy('gateway-proxy', port);
    expect(await waiting).toEqual({ ok: true });
    expect(second.seen).toHaveLength(1);
  });
});
