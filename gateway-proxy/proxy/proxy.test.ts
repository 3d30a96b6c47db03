import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { FastifyRequest } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Grant } from '#security/identity/grant.ts';
import type { BotIdentity } from '#test/installation.ts';
import {
  guildOne,
  guildTwo,
  startTestProxy,
  userOne,
  type CallOptions,
  type TestCaller,
  type TestProxy,
} from './proxy.fixture.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly grant: Grant;
}

let harness: TestProxy;
let tenantA: TenantId;
let tenantB: TenantId;
let botA: BotIdentity;
let botB: BotIdentity;
const seen: Seen[] = [];

const player = (tenant: string, rest = '', guild: string = guildOne) =>
  `/audio/v1/tenants/${tenant}/guilds/${guild}/player${rest}`;
const onUpstream = '/v1/tenants/:tenant/guilds/:guild/player';

beforeAll(async () => {
  const remember = (request: { method: string; url: string; headers: object; body: unknown; grant: Grant }) => {
    const { method, url, headers, body, grant } = request;
    seen.push({ method, url, headers: { ...headers }, body, grant });
  };
  harness = await startTestProxy({
    services: {
      audio: (app) => {
        app.get(onUpstream, { config: { action: 'player.read' } }, async (request) => {
          remember(request);
          return { state: 'idle' };
        });
        for (const command of ['skip', 'stop', 'queue'] as const) {
          const action = command === 'queue' ? 'player.enqueue' : (`player.${command}` as const);
          app.post(`${onUpstream}/${command}`, { config: { action } }, async (request, reply) => {
            remember(request);
            return reply.code(200).send({ done: command });
          });
        }
      },
      'discord-edge': (app) => {
        app.all('/v1/tenants/:tenant/rest/*', { config: { action: 'discord.rest' } }, async (request, reply) => {
          remember(request);
          return reply
            .header('x-ratelimit-limit', '5')
            .header('x-bailiwick-refused', 'discord.unreachable')
            .header('x-secret', 'inner')
            .send({ id: '1' });
        });
      },
      api: (app) => {
        app.get('/v1/tenants/:tenant', { config: { action: 'api.public' } }, async (request, reply) => {
          remember(request);
          return reply.header('set-cookie', ['a=1', 'b=2']).header('bailiwick-inner', 'x').send({ ok: true });
        });
      },
    },
    limits: { recordedDenials: { perSec: 1_000, burst: 1_000 }, denials: { perSec: 10_000, burst: 10_000 } },
  });
  tenantA = await harness.newTenant();
  tenantB = await harness.newTenant();
  botA = await harness.installation.botIdentity(tenantA);
  botB = await harness.installation.botIdentity(tenantB);
});
afterAll(async () => {
  await harness?.[Symbol.asyncDispose]();
});

/** What the caller got, and what the upstream saw of it. */
async function call(caller: TestCaller, options: CallOptions) {
  const before = seen.length;
  const response = await harness.call(caller, options);
  const text = await response.body.text();
  const body = text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>);
  return { status: response.statusCode, headers: response.headers, body, seen: seen.slice(before) };
}

describe('a call that is allowed', () => {
  it("carries a bot's read to the upstream with a grant, and nothing of its identity", async () => {
    const result = await call(botA, {
      path: player(tenantA, '?full=1'),
      headers: { 'x-anything': '1', accept: 'application/json' },
    });
    expect(result).toMatchObject({ status: 200, body: { state: 'idle' } });
    const [request] = result.seen;
    expect(request).toMatchObject({
      method: 'GET',
      url: `/v1/tenants/${tenantA}/guilds/${guildOne}/player?full=1`,
      grant: { caller: { kind: 'bot', tenant: tenantA }, tenant: tenantA, guild: guildOne, action: 'player.read' },
    });
    const names = Object.keys(request?.headers ?? {});
    expect(names.toSorted()).toEqual(['accept', 'bailiwick-grant', 'connection', 'host', 'x-request-id']);
  });

  it('does for a member what the command of that member leads to', async () => {
    const txnToken = await harness.discordToken(tenantA, ['player.skip', 'player.read']);
    const result = await call(botA, { method: 'POST', path: player(tenantA, '/skip'), txnToken });
    expect(result.status).toBe(200);
    expect(result.seen).toMatchObject([{ grant: { member: { kind: 'discord', user: userOne, command: 'skip' } } }]);
  });

  it('does for a member of the tenant what the portal asked for', async () => {
    await harness.admin.query(
      "insert into tenant_member (tenant_id, subject, role) values ($1, 'discord:1', 'owner')",
      [tenantA],
    );
    await harness.admin.query('update policy_version set version = version + 1 where tenant_id = $1', [tenantA]);
    const api = await harness.installation.agentFor('api');
    const txnToken = await harness.tenantMemberToken(tenantA, ['player.skip'], 'discord:1', guildOne);
    await expect
      .poll(async () => (await call(api, { method: 'POST', path: player(tenantA, '/skip'), txnToken })).status)
      .toBe(200);
  });

  it('carries a body through as it is', async () => {
    const said = { query: 'ä'.repeat(10_000) };
    const entered = { 'player.enqueue': said };
    const txnToken = await harness.discordToken(tenantA, ['player.enqueue'], { command: 'play' }, entered);
    const body = JSON.stringify(said);
    const result = await call(botA, { method: 'POST', path: player(tenantA, '/queue'), txnToken, body });
    expect(result.status).toBe(200);
    expect(result.seen[0]?.body).toEqual(JSON.parse(body));
  });

  it("relays Discord's rate limits and keeps the upstream's own headers inside", async () => {
    const result = await call(botA, {
      path: `/discord-edge/v1/tenants/${tenantA}/rest/users/@me`,
      headers: { 'x-audit-log-reason': 'because', 'idempotency-key': 'once' },
    });
    expect(result).toMatchObject({
      status: 200,
      headers: { 'x-ratelimit-limit': '5', 'x-bailiwick-refused': 'discord.unreachable' },
    });
    expect(result.headers).not.toHaveProperty('x-secret');
    expect(result.seen).toMatchObject([{ headers: { 'x-audit-log-reason': 'because', 'idempotency-key': 'once' } }]);
  });

  it('that changes something is in the audit log before it is answered, with member, decision and request', async () => {
    const tenant = await harness.newTenant();
    const bot = await harness.installation.botIdentity(tenant);
    const txnToken = await harness.discordToken(tenant, ['player.skip']);
    const result = await call(bot, { method: 'POST', path: player(tenant, '/skip'), txnToken });
    expect(result.status).toBe(200);
    expect(await harness.audit(tenant)).toMatchObject([
      {
        kind: 'decision',
        action: 'player.skip',
        outcome: 'allowed',
        actor: { type: 'bot', id: bot.spiffeId },
        onBehalfOf: { type: 'discord-member', id: userOne },
        guild: guildOne,
        command: 'skip',
        decision: result.seen[0]?.grant.decision,
        requestId: result.headers['x-request-id'],
      },
    ]);
  });

  it('that reads is in the audit log soon after', async () => {
    const tenant = await harness.newTenant();
    await call(await harness.installation.botIdentity(tenant), { path: player(tenant) });
    await expect.poll(() => harness.audit(tenant)).toMatchObject([{ action: 'player.read', outcome: 'allowed' }]);
  });
});

describe('a call that is refused changes nothing and leaves a record', () => {
  interface Refusal {
    readonly name: string;
    readonly code: string;
    readonly status: number;
    readonly by?: () => Promise<TestCaller>;
    readonly options: () => Promise<CallOptions> | CallOptions;
    /** The tenant whose log records it. */
    readonly log?: () => TenantId;
  }
  const refusals: readonly Refusal[] = [
    {
      name: 'an address that does not exist',
      code: 'route.unknown',
      status: 404,
      options: () => ({ path: player(tenantA, '/eject') }),
    },
    {
      name: 'a method that the address does not have',
      code: 'route.method',
      status: 405,
      options: () => ({ method: 'DELETE', path: player(tenantA, '/skip') }),
    },
    {
      name: 'a call without a token',
      code: 'authenticate.malformed',
      status: 401,
      options: () => ({ path: player(tenantA), callToken: '' }),
    },
    {
      name: 'a token for another service',
      code: 'authenticate.wrong-audience',
      status: 401,
      options: async () => ({ path: player(tenantA), callToken: await botA.callToken('discord-edge') }),
    },
    {
      name: "a token stolen from another tenant's bot",
      code: 'authenticate.wrong-certificate',
      status: 401,
      options: async () => ({ path: player(tenantB), callToken: await botB.callToken('audio') }),
    },
    {
      name: 'a token with a changed signature',
      code: 'authenticate.signature',
      status: 401,
      options: async () => {
        const token = await botA.callToken('audio');
        const [head, payload, signature = ''] = token.split('.');
        const flipped = (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);
        return { path: player(tenantA), callToken: `${head}.${payload}.${flipped}` };
      },
    },
    {
      name: 'a caller that the route is not for',
      code: 'authenticate.caller-not-allowed',
      status: 403,
      by: () => harness.installation.agentFor('worker'),
      options: () => ({ path: player(tenantA) }),
      log: () => tenantA,
    },
    {
      name: "tenant A's bot at tenant B's player",
      code: 'tenancy.other-tenant',
      status: 403,
      options: () => ({ path: player(tenantB) }),
    },
    {
      name: 'a call that needs a member without one',
      code: 'on-behalf-of.missing',
      status: 403,
      options: () => ({ method: 'POST', path: player(tenantA, '/skip') }),
    },
    {
      name: 'a stop for a member who only asked for the queue',
      code: 'on-behalf-of.out-of-scope',
      status: 403,
      options: async () => ({
        method: 'POST',
        path: player(tenantA, '/stop'),
        txnToken: await harness.discordToken(tenantA, ['player.read'], { command: 'queue' }),
      }),
    },
    {
      name: "a member of tenant B's guild at tenant A",
      code: 'on-behalf-of.other-tenant',
      status: 403,
      options: async () => ({
        method: 'POST',
        path: player(tenantA, '/skip'),
        txnToken: await harness.discordToken(tenantB, ['player.skip']),
      }),
    },
    {
      name: 'a member of another guild of the same tenant',
      code: 'on-behalf-of.other-guild',
      status: 403,
      options: async () => ({
        method: 'POST',
        path: player(tenantA, '/skip'),
        txnToken: await harness.discordToken(tenantA, ['player.skip'], { guild: guildTwo }),
      }),
    },
    {
      name: 'a bot with a token of the portal',
      code: 'on-behalf-of.other-presenter',
      status: 403,
      options: async () => ({
        method: 'POST',
        path: player(tenantA, '/skip'),
        txnToken: await harness.tenantMemberToken(tenantA, ['player.skip'], 'discord:1'),
      }),
    },
    {
      name: 'a call token in the place of a transaction token',
      code: 'on-behalf-of.wrong-type',
      status: 403,
      options: async () => ({
        method: 'POST',
        path: player(tenantA, '/skip'),
        txnToken: await botA.callToken('audio'),
      }),
    },
    {
      name: 'somebody who is no member of the tenant',
      code: 'authorize.denied',
      status: 403,
      by: () => harness.installation.agentFor('api'),
      options: async () => ({
        method: 'POST',
        path: player(tenantA, '/stop'),
        txnToken: await harness.tenantMemberToken(tenantA, ['player.stop'], 'discord:404'),
      }),
    },
    {
      name: 'a target with a dot segment',
      code: 'canonical-request.dot-segment',
      status: 400,
      options: () => ({ path: `/audio/v1/../v1/tenants/${tenantA}` }),
    },
  ];

  for (const { name, code, status, by, options, log } of refusals) {
    it(`refuses ${name}: ${code}`, async () => {
      const result = await call(by ? await by() : botA, await options());
      expect(result).toMatchObject({ status, body: { code, status }, seen: [] });
      const requestId = result.headers['x-request-id'];
      const records = await harness.audit(log ? log() : tenantA);
      expect(records.filter((record) => record.requestId === requestId)).toMatchObject([
        { kind: 'decision', outcome: 'denied', reason: code },
      ]);
    });
  }

  it("refuses what a guild's policy denies, in the policy's words, and records the rule", async () => {
    const document = {
      rules: [{ id: 'no-skip', effect: 'deny', who: { everyone: true }, commands: ['skip'] }],
      otherwise: 'allow',
    };
    const tenant = await harness.newTenant();
    await harness.admin.query(
      'insert into guild_policy (tenant_id, guild_id, version, document, author) values ($1, $2, 1, $3, $4)',
      [tenant, guildOne, document, 'discord:1'],
    );
    const bot = await harness.installation.botIdentity(tenant);
    const txnToken = await harness.discordToken(tenant, ['player.skip']);
    const result = await call(bot, { method: 'POST', path: player(tenant, '/skip'), txnToken });
    expect(result).toMatchObject({ status: 403, body: { code: 'authorize.denied', rule: 'no-skip' }, seen: [] });
    expect(result.body?.['title']).toContain('/skip');
    expect(await harness.audit(tenant)).toMatchObject([
      { outcome: 'denied', rule: 'no-skip', decision: result.body?.['decision'] },
    ]);
    const twin = await harness.discordToken(tenant, ['player.stop'], { command: 'stop' });
    expect((await call(bot, { method: 'POST', path: player(tenant, '/stop'), txnToken: twin })).status).toBe(200);
  });

  it('refuses a bot of a suspended tenant, and lets it in again when the tenant is active', async () => {
    const tenant = await harness.newTenant('suspended');
    const bot = await harness.installation.botIdentity(tenant);
    expect(await call(bot, { path: player(tenant) })).toMatchObject({
      status: 403,
      body: { code: 'authorize.suspended' },
      seen: [],
    });
    await harness.admin.query("update tenant set status = 'active', version = version + 1 where id = $1", [tenant]);
    await expect.poll(async () => (await call(bot, { path: player(tenant) })).status).toBe(200);
  });

  it('never answers 401 on the way to Discord', async () => {
    const path = `/discord-edge/v1/tenants/${tenantA}/rest/users/@me`;
    const result = await call(botA, { path, callToken: await botA.callToken('audio') });
    expect(result).toMatchObject({
      status: 403,
      body: { code: 0, message: expect.stringContaining('authenticate.wrong-audience') },
      seen: [],
    });
  });

  it('answers 503 and forwards nothing when a denial or a change cannot be recorded', async () => {
    const lone = await startTestProxy({
      services: {
        audio: (app) => {
          app.post(`${onUpstream}/skip`, { config: { action: 'player.skip' } }, async () => {
            throw new Error('must not be reached');
          });
        },
      },
    });
    await using _ = lone;
    const tenant = await lone.newTenant();
    const bot = await lone.installation.botIdentity(tenant);
    await lone.admin.query('revoke insert on audit_journal from bailiwick_proxy');
    const txnToken = await lone.discordToken(tenant, ['player.skip']);
    const response = await lone.call(bot, { method: 'POST', path: player(tenant, '/skip'), txnToken });
    expect(response.statusCode).toBe(503);
    expect(await response.body.json()).toMatchObject({ code: 'record.failed' });
  });
});

describe('the public listener', () => {
  const publicCall = (path: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${harness.proxy.publicPort}${path}`, init);

  it("reaches the api, with the visitor's own credentials, cookies back, and nothing of the platform's inside", async () => {
    const before = seen.length;
    const response = await publicCall(`/v1/tenants/${tenantA}`, {
      headers: {
        authorization: 'Bearer session',
        cookie: 's=1',
        'bailiwick-grant': 'forged',
        'x-forwarded-for': '1.2.3.4',
      },
    });
    expect(response.status).toBe(200);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(response.headers.has('bailiwick-inner')).toBe(false);
    const [request] = seen.slice(before);
    expect(request).toMatchObject({
      headers: { authorization: 'Bearer session', cookie: 's=1', 'x-forwarded-for': '127.0.0.1' },
      grant: { action: 'api.public', caller: { kind: 'service', name: 'gateway-proxy' } },
    });
    expect(request?.headers['bailiwick-grant']).not.toBe('forged');
  });

  it('reaches nothing else', async () => {
    expect((await publicCall(`/audio/v1/tenants/${tenantA}`, { method: 'POST' })).status).toBe(405);
    const before = seen.length;
    // Like a page of the portal, which this api does not have.
    expect((await publicCall(player(tenantA))).status).toBe(404);
    expect(seen.slice(before)).toEqual([]);
  });

  it('tells a reverse proxy that speaks an older HTTP what to change', async () => {
    const socket = connect(harness.proxy.publicPort, '127.0.0.1');
    socket.write('GET /v1/tenants HTTP/1.0\r\nhost: x\r\n\r\n');
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 505 /);
    expect(answer).toContain('proxy_http_version 1.1');
  });

  it('refuses what can be read in two ways', async () => {
    const response = await publicCall('/v1/%2e%2e%2fx');
    expect(response.status).toBe(400);
  });

  it('counts the visitors of a reverse proxy that it trusts each for themselves', async () => {
    await using behind = await startTestProxy({
      services: {
        api: (app) => {
          const from = (request: FastifyRequest) => ({ from: request.headers['x-forwarded-for'] });
          app.get('/v1/tenants', { config: { action: 'api.public' } }, from);
        },
      },
      limits: { publicAddress: { perSec: 0.01, burst: 2 } },
      trustedProxies: ['loopback'],
    });
    const visit = async (forwarded: string) => {
      const headers = { 'x-forwarded-for': forwarded };
      const response = await fetch(`http://127.0.0.1:${behind.proxy.publicPort}/v1/tenants`, { headers });
      return response.ok ? ((await response.json()) as { from: string }).from : response.status;
    };
    // What clients claim themselves comes before what the proxy has seen, and gains them nothing.
    const storm = [await visit('203.0.113.9'), await visit('198.51.100.1, 203.0.113.9'), await visit('203.0.113.9')];
    expect(storm).toEqual(['203.0.113.9', '203.0.113.9', 429]);
    expect(await visit('198.51.100.1')).toBe('198.51.100.1');
  });
});

describe('operations', () => {
  it('shows health by part and counts by route and code', async () => {
    const ops = `http://127.0.0.1:${harness.proxy.opsPort}`;
    const health = (await (await fetch(`${ops}/health`)).json()) as { status: string; causes: { name: string }[] };
    expect(health.status).toBe('healthy');
    expect(health.causes.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['decisions', 'journal', 'identity', 'upstream:audio']),
    );
    const metrics = await (await fetch(`${ops}/metrics`)).text();
    expect(metrics).toMatch(/bailiwick_proxy_requests_total\{to="audio",action="player.read",outcome="2xx"\} [1-9]/);
    expect(metrics).toMatch(/bailiwick_proxy_denials_total\{code="tenancy.other-tenant"\} [1-9]/);
    expect(metrics).toMatch(/bailiwick_proxy_breaker_state\{upstream="audio"\} 0/);
  });
});
