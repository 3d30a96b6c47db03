import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { ServiceName } from '#security/identity/spiffe.ts';
import { testInstallation, type BotIdentity, type TestInstallation } from '#test/installation.ts';
import { guildOne, startTestProxy, type TestProxy } from '../proxy.fixture.ts';

/** What the upstream does with the next requests; it is a bare TLS server, so that it can misbehave. */
type Behaviour = 'answer' | 'reset' | 'cut' | '503' | 'hang';

class Misbehaving implements AsyncDisposable {
  behaviour: Behaviour = 'answer';
  requests = 0;
  gone = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => {
      this.requests += 1;
      response.once('close', () => {
        if (!response.writableFinished) this.gone += 1;
      });
      switch (this.behaviour) {
        case 'answer':
          return void response.end('{"state":"idle"}');
        case 'reset':
          return void request.socket.destroy();
        case 'cut':
          response.writeHead(200, { 'content-length': '100' });
          response.write('{"state":', () => request.socket.destroy());
          return undefined;
        case '503':
          return void response.writeHead(503, { 'retry-after': '7' }).end('{"code":"own.fault"}');
        case 'hang':
          return undefined;
      }
    });
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** An upstream with the certificate of a service of the given installation. */
async function misbehaving(installation: TestInstallation, name: ServiceName): Promise<Misbehaving> {
  const { certificatePem, privateKeyPem, trustBundlePem } = (await installation.agentFor(name)).tls.current();
  const server = createServer({
    cert: certificatePem,
    key: privateKeyPem,
    ca: trustBundlePem,
    requestCert: true,
    minVersion: 'TLSv1.3',
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return new Misbehaving(server);
}

const player = (tenant: string) => `/audio/v1/tenants/${tenant}/guilds/${guildOne}/player`;
const breaker = { volumeThreshold: 5, errorThresholdPercentage: 50, resetTimeoutMs: 200 };

let harness: TestProxy;
let audio: Misbehaving;
let edge: Misbehaving;
let tenant: TenantId;
let bot: BotIdentity;
let others: readonly { readonly tenant: TenantId; readonly bot: BotIdentity }[];

beforeAll(async () => {
  harness = await startTestProxy({
    upstreamUrls: async (installation) => {
      audio = await misbehaving(installation, 'audio');
      edge = await misbehaving(installation, 'discord-edge');
      return { audio: audio.url, 'discord-edge': edge.url };
    },
    breaker,
  });
  tenant = await harness.newTenant();
  bot = await harness.installation.botIdentity(tenant);
  others = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const other = await harness.newTenant();
      return { tenant: other, bot: await harness.installation.botIdentity(other) };
    }),
  );
});
afterAll(async () => {
  await harness?.[Symbol.asyncDispose]();
  await audio?.[Symbol.asyncDispose]();
  await edge?.[Symbol.asyncDispose]();
});

async function call(path = player(tenant), by = bot) {
  const response = await harness.call(by, { path });
  const text = await response.body.text();
  return { status: response.statusCode, headers: response.headers, text };
}
const breakerStates = async () => {
  const health = (await (await fetch(`http://127.0.0.1:${harness.proxy.opsPort}/health`)).json()) as {
    causes: { name: string; status: string }[];
  };
  return Object.fromEntries(health.causes.map(({ name, status }) => [name, status]));
};
const closed = () => expect.poll(async () => (await call()).status, { interval: 50 }).toBe(200);

describe('an upstream', () => {
  it('that resets the connections of many tenants is a 502 in our words, then a breaker that answers 503 without trying, then well again', async () => {
    expect((await call()).status).toBe(200);
    audio.behaviour = 'reset';
    const first = await call();
    expect(first.status).toBe(502);
    expect(JSON.parse(first.text)).toMatchObject({ code: 'forward.unreachable' });
    for (let times = 0; times < 20; times += 1) expect((await call()).status).toBe(502);
    // It counts as the upstream's fault once it is not one tenant's alone.
    for (const each of others) await call(player(each.tenant), each.bot);
    expect(JSON.parse((await call()).text).code).toBe('forward.breaker-open');
    const before = audio.requests;
    const refused = await call();
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(audio.requests).toBe(before);
    expect(await breakerStates()).toMatchObject({ 'upstream:audio': 'degraded', 'upstream:discord-edge': 'healthy' });
    audio.behaviour = 'answer';
    await closed();
    expect(await breakerStates()).toMatchObject({ 'upstream:audio': 'healthy' });
  });

  it('that breaks off in the middle of an answer breaks the answer off, and never makes it look whole', async () => {
    audio.behaviour = 'cut';
    await expect(call()).rejects.toThrow();
    audio.behaviour = 'answer';
    await closed();
  });

  it("gets through with its own answer when that is an error, and one tenant's errors do not open the breaker", async () => {
    audio.behaviour = '503';
    for (let index = 0; index < 20; index += 1) {
      expect(await call()).toMatchObject({
        status: 503,
        text: '{"code":"own.fault"}',
        headers: { 'retry-after': '7' },
      });
    }
    audio.behaviour = 'answer';
    expect((await call()).status).toBe(200);
  });

  it("that relays Discord's errors is not thought ill", async () => {
    edge.behaviour = '503';
    const path = `/discord-edge/v1/tenants/${tenant}/rest/users/@me`;
    for (let index = 0; index < 20; index += 1) expect((await call(path)).status).toBe(503);
    expect(edge.requests).toBeGreaterThanOrEqual(20);
    edge.behaviour = 'answer';
  });

  it('is left alone when its caller hangs up, and that does not open the breaker', async () => {
    edge.behaviour = 'hang';
    const path = `/discord-edge/v1/tenants/${tenant}/rest/users/@me`;
    const token = await bot.callToken('discord-edge');
    for (let index = 0; index < 10; index += 1) {
      const before = edge.requests;
      const gone = edge.gone;
      const socket = await harness.connect(bot);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: proxy\r\nAuthorization: Bearer ${token}\r\n\r\n`);
      await expect.poll(() => edge.requests, { interval: 5 }).toBe(before + 1);
      socket.destroy();
      await expect.poll(() => edge.gone, { interval: 5 }).toBe(gone + 1);
    }
    edge.behaviour = 'answer';
    expect((await call(path)).status).toBe(200);
  });

  it('that is not the service it should be gets nothing', async () => {
    let impostor: Misbehaving | undefined;
    await using other = await startTestProxy({
      // The worker's certificate, of the right installation, at audio's address.
      upstreamUrls: async (installation) => ({ audio: (impostor = await misbehaving(installation, 'worker')).url }),
    });
    const ownTenant = await other.newTenant();
    const response = await other.call(await other.installation.botIdentity(ownTenant), { path: player(ownTenant) });
    expect(response.statusCode).toBeGreaterThanOrEqual(502);
    expect(await response.body.json()).toMatchObject({ code: expect.stringMatching(/^forward\./) });
    expect(impostor?.requests).toBe(0);
    await impostor?.[Symbol.asyncDispose]();
  });
});

describe('a certificate', () => {
  it('of another installation gets no connection', async () => {
    await using other = await testInstallation({ installation: 'other' });
    const stranger = await other.botIdentity(tenant);
    await expect(harness.call(stranger, { path: player(tenant) })).rejects.toThrow();
  });

  it('has to be shown again on each connection: no session is resumed', async () => {
    const first = await harness.connect(bot);
    const sessions: Buffer[] = [];
    first.on('session', (session: Buffer) => sessions.push(session));
    first.write('GET / HTTP/1.1\r\nHost: proxy\r\n\r\n');
    await once(first, 'data');
    const session = sessions.at(-1) ?? first.getSession();
    const options = { ...harness.tlsOptions(bot), ...(session ? { session } : {}) };
    const again = tls.connect({ host: '127.0.0.1', port: harness.proxy.port, ...options });
    await once(again, 'secureConnect');
    expect(again.isSessionReused()).toBe(false);
    again.destroy();
  });

  it('is needed', async () => {
    const { cert: _cert, key: _key, ...without } = harness.tlsOptions(bot);
    const socket = tls.connect({ host: '127.0.0.1', port: harness.proxy.port, ...without });
    const error = await new Promise<Error>((resolve) => socket.once('error', resolve));
    expect(error.message).toContain('certificate required');
  });
});
