import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ndjsonReply, readNdjson, type NdjsonWriter } from '#infra/http/ndjson.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { BotIdentity } from '#test/installation.ts';
import { startLavalink, type LavalinkServer } from '#test/sandbox/lavalink/index.ts';
import { startTestProxy, type TestCaller, type TestProxy } from '../proxy.fixture.ts';

const password = 'the password that no service holds';

let harness: TestProxy;
let lavalink: LavalinkServer;
let writers: NdjsonWriter[] = [];

beforeAll(async () => {
  lavalink = await startLavalink({ password });
  harness = await startTestProxy({
    services: {
      audio: (app) => {
        app.get('/v1/tenants/:tenant/player-events', { config: { action: 'player.events' } }, (_request, reply) => {
          writers.push(ndjsonReply(reply, { keepAliveMs: 60_000 }));
        });
      },
    },
    lavalink: [{ id: 'main', url: `http://127.0.0.1:${lavalink.port}`, password }],
    limits: { streamsPerTenant: 2 },
  });
});
afterEach(() => {
  for (const writer of writers) writer.close();
  writers = [];
});
afterAll(async () => {
  await harness?.[Symbol.asyncDispose]();
  await lavalink?.[Symbol.asyncDispose]();
});

interface Opened {
  readonly tenant: TenantId;
  readonly bot: BotIdentity;
  readonly body: Readable;
  readonly writer: NdjsonWriter;
  /** Resolves with the time at which the stream broke or ended. */
  readonly over: Promise<number>;
}

async function openStream(bot?: BotIdentity, tenant?: TenantId): Promise<Opened> {
  const of = tenant ?? (await harness.newTenant());
  const caller = bot ?? (await harness.installation.botIdentity(of));
  const before = writers.length;
  const response = await harness.call(caller, { path: `/audio/v1/tenants/${of}/player-events` });
  expect(response.statusCode).toBe(200);
  const writer = writers[before];
  if (!writer) throw new Error('the upstream was not reached');
  const { body } = response;
  body.on('error', () => undefined);
  const over = new Promise<number>((resolve) => body.once('close', () => resolve(Date.now())));
  return { tenant: of, bot: caller, body, writer, over };
}

/** services/audio/src/infrastructure/lavalink/node-connection.ts */
const audioWaitsMs = 3_500;

describe('a stream', () => {
  it('arrives line by line, its head before its first line', async () => {
    const { body, writer } = await openStream();
    const lines = readNdjson(body);
    writer.send({ n: 1 });
    expect((await lines.next()).value).toEqual({ n: 1 });
    writer.send({ n: 2 });
    expect((await lines.next()).value).toEqual({ n: 2 });
    writer.close();
    expect((await lines.next()).done).toBe(true);
  });

  it('ends at the upstream when the caller leaves', async () => {
    const { body, writer } = await openStream();
    body.destroy();
    await expect.poll(() => writer.closed).toBe(true);
  });

  it('is not read faster than its caller reads', async () => {
    const { body, writer } = await openStream();
    const line = { text: 'x'.repeat(64 * 1024) };
    // Nobody reads: the upstream's writer, which cuts off readers that it would have to buffer 4 MiB for, notices.
    body.pause();
    await expect.poll(() => writer.send(line), { timeout: 20_000, interval: 1 }).toBe(false);
    expect(writer.closed).toBe(true);
  });

  it("ends within a second when its caller's certificate is revoked, on both sides, and is in the audit log", async () => {
    const { bot, tenant, over, writer } = await openStream();
    const other = await openStream();
    const supervisor = await harness.installation.agentFor('supervisor');
    await supervisor.tokenService.revoke({ kind: 'certificate', value: bot.thumbprint, reason: 'stolen' });
    const revokedAtMs = Date.now();
    expect((await over) - revokedAtMs).toBeLessThan(1_000);
    await expect.poll(() => writer.closed).toBe(true);
    expect(other.writer.closed).toBe(false);
    await expect
      .poll(() => harness.audit(tenant))
      .toContainEqual(expect.objectContaining({ kind: 'security', reason: 'stream.revoked', action: 'player.events' }));
    await expect(harness.call(bot, { path: `/audio/v1/tenants/${tenant}/player-events` })).rejects.toThrow();
  });

  it('ends when the call token that it was opened with is revoked, while the connection stays', async () => {
    const tenant = await harness.newTenant();
    const bot = await harness.installation.botIdentity(tenant);
    const token = await bot.callToken('audio');
    const { jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { jti: string };
    const { over } = await openStream({ ...bot, callToken: async () => token }, tenant);
    const supervisor = await harness.installation.agentFor('supervisor');
    await supervisor.tokenService.revoke({ kind: 'token', value: jti, reason: 'leaked' });
    await over;
    expect((await openStream(bot, tenant)).writer.closed).toBe(false);
  });

  it('ends within seconds when its tenant is suspended, and the stream of another tenant does not', async () => {
    const { tenant, over } = await openStream();
    const other = await openStream();
    await harness.admin.query("update tenant set status = 'suspended', version = version + 1 where id = $1", [tenant]);
    const suspendedAtMs = Date.now();
    expect((await over) - suspendedAtMs).toBeLessThan(3_000);
    expect(other.writer.closed).toBe(false);
  });

  it('is refused when the tenant has too many of its kind', async () => {
    const first = await openStream();
    await openStream(first.bot, first.tenant);
    const third = await harness.call(first.bot, { path: `/audio/v1/tenants/${first.tenant}/player-events` });
    expect(third.statusCode).toBe(429);
    expect(await third.body.json()).toMatchObject({ code: 'limit.streams' });
    first.body.destroy();
    await expect.poll(() => first.writer.closed).toBe(true);
    await expect
      .poll(async () => {
        const again = await harness.call(first.bot, { path: `/audio/v1/tenants/${first.tenant}/player-events` });
        again.body.on('error', () => undefined).destroy();
        return again.statusCode;
      })
      .toBe(200);
  });

  it('does not outlive its certificate', async () => {
    const short = await startTestProxy({
      services: {
        audio: (app) => {
          app.get('/v1/tenants/:tenant/player-events', { config: { action: 'player.events' } }, (_request, reply) => {
            writers.push(ndjsonReply(reply, { keepAliveMs: 60_000 }));
          });
        },
      },
      lifetimes: { certificateSec: 4 },
    });
    await using _ = short;
    const tenant = await short.newTenant();
    const bot = await short.installation.botIdentity(tenant);
    const { body } = await short.call(bot, { path: `/audio/v1/tenants/${tenant}/player-events` });
    const openedAtMs = Date.now();
    await new Promise((resolve) => body.once('error', () => undefined).once('close', resolve));
    expect(Date.now() - openedAtMs).toBeLessThan(4_500);
  });
});

describe('a WebSocket to Lavalink', () => {
  interface Attempt {
    readonly status: number;
    readonly socket: WebSocket;
    readonly messages: unknown[];
  }

  async function connect(caller: TestCaller, path: string, callToken?: string, lease = '1'): Promise<Attempt> {
    const token = callToken ?? (await caller.callToken('lavalink'));
    const options = harness.tlsOptions(caller) as WebSocket.ClientOptions;
    const socket = new WebSocket(`wss://127.0.0.1:${harness.proxy.port}${path}`, {
      ...options,
      headers: {
        authorization: `Bearer ${token}`,
        'user-id': '1',
        'client-name': 'test/1.0',
        ...(lease === '' ? {} : { 'fencing-token': lease }),
      },
    });
    const messages: unknown[] = [];
    socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString())));
    socket.on('error', () => undefined);
    const status = await Promise.race([
      once(socket, 'open').then(() => 101),
      new Promise<number>((resolve) => {
        socket.on('unexpected-response', (request, response) => {
          request.destroy();
          resolve(response.statusCode ?? 0);
        });
      }),
    ]);
    return { status, socket, messages };
  }

  const nodePath = (tenant: string, rest = '/v4/websocket', node = 'main') =>
    `/lavalink/tenants/${tenant}/nodes/${node}${rest}`;

  it("opens with the node's password, which audio does not know, and carries both ways", async () => {
    const tenant = await harness.newTenant();
    const audio = await harness.installation.agentFor('audio');
    const { status, messages, socket } = await connect(audio, nodePath(tenant));
    expect(status).toBe(101);
    await expect.poll(() => messages[0]).toMatchObject({ op: 'ready', resumed: false });
    const pong = once(socket, 'pong');
    socket.ping();
    await pong;
    const { sessionId } = messages[0] as { sessionId: string };
    const players = await harness.call(audio, {
      path: nodePath(tenant, `/v4/sessions/${sessionId}/players`),
      headers: { 'fencing-token': '1' },
    });
    expect(players.statusCode).toBe(200);
    expect(await players.body.json()).toEqual([]);
    socket.close();
    await once(socket, 'close');
    await expect.poll(() => lavalink.control.view().sessions.filter(({ attached }) => attached)).toEqual([]);
  });

  it('to a node that leaves a request unanswered waits less long than audio does, and says so', async () => {
    const tenant = await harness.newTenant();
    const audio = await harness.installation.agentFor('audio');
    await lavalink.control.fault({ restSilent: 'lost' });
    const startedMs = performance.now();
    const answer = await harness.call(audio, {
      path: nodePath(tenant, '/v4/sessions/none/players'),
      headers: { 'fencing-token': '1' },
    });
    await lavalink.control.fault({ restSilent: null });
    expect(performance.now() - startedMs).toBeLessThan(audioWaitsMs);
    expect(answer.statusCode).toBe(504);
    expect(await answer.body.json()).toMatchObject({ code: 'forward.timeout' });
  });

  it('is refused on the same terms as everything else, and the node hears nothing of it', async () => {
    const tenant = await harness.newTenant();
    const audio = await harness.installation.agentFor('audio');
    const bot = await harness.installation.botIdentity(tenant);
    const before = lavalink.control.view().sessions.length;
    expect((await connect(audio, nodePath(tenant), 'x'.repeat(30))).status).toBe(401);
    expect((await connect(audio, nodePath(tenant), await audio.callToken('discord-edge'))).status).toBe(401);
    expect((await connect(bot, nodePath(tenant), await bot.callToken('audio'))).status).toBe(401);
    expect((await connect(audio, nodePath(tenant, '/v4/websocket;x=1'))).status).toBe(400);
    expect((await connect(audio, nodePath(tenant, '/v4/info'))).status).toBe(404);
    expect((await connect(audio, nodePath(tenant, '/v4/websocket', 'other'))).status).toBe(404);
    expect((await connect(audio, nodePath('ten_01h2xcejqtf2nbrexx3vqjhp41'))).status).toBe(403);
    expect(lavalink.control.view().sessions).toHaveLength(before);
    expect((await connect(audio, nodePath(tenant))).status).toBe(101);
  });

  it('is refused as an ordinary request', async () => {
    const tenant = await harness.newTenant();
    const audio = await harness.installation.agentFor('audio');
    const response = await harness.call(audio, { path: nodePath(tenant) });
    expect(response.statusCode).toBe(426);
    expect(await response.body.json()).toMatchObject({ code: 'route.upgrade-required' });
  });

  describe('of several audios', () => {
    const order = (audio: TestCaller, tenant: string, lease?: string) =>
      harness.call(audio, {
        method: 'PATCH',
        path: nodePath(tenant, '/v4/sessions/none/players/100000000000000001'),
        body: '{}',
        headers: { 'content-type': 'application/json', ...(lease === undefined ? {} : { 'fencing-token': lease }) },
      });
    const take = (tenant: string) =>
      harness.admin.query("update tenant_lease set token = token + 1 where tenant_id = $1 and part = 'audio'", [
        tenant,
      ]);

    it.each(['', '0', '-1', 'one', '1e3'])('names the lease of its tenant, which is not "%s"', async (lease) => {
      const tenant = await harness.newTenant();
      const audio = await harness.installation.agentFor('audio');
      expect((await connect(audio, nodePath(tenant), undefined, lease)).status).toBe(401);
      const answer = await order(audio, tenant, lease === '' ? undefined : lease);
      expect(answer.statusCode).toBe(401);
      expect(await answer.body.json()).toMatchObject({ code: 'authenticate.no-lease' });
    });

    it('ends when another one has the lease; orders under an earlier one are refused, and recorded', async () => {
      const tenant = await harness.newTenant();
      const audio = await harness.installation.agentFor('audio');
      await take(tenant);
      const { socket } = await connect(audio, nodePath(tenant), undefined, '1');
      expect((await order(audio, tenant, '1')).statusCode).toBe(404);
      const closed = once(socket, 'close');
      const takenAtMs = Date.now();
      await take(tenant);
      await closed;
      expect(Date.now() - takenAtMs).toBeLessThan(1_000);
      const answer = await order(audio, tenant, '1');
      expect(answer.statusCode).toBe(401);
      expect(await answer.body.json()).toMatchObject({ code: 'authenticate.superseded' });
      expect((await connect(audio, nodePath(tenant), undefined, '1')).status).toBe(401);
      expect((await order(audio, tenant, '2')).statusCode).toBe(404);
      await expect
        .poll(() => harness.audit(tenant))
        .toContainEqual(expect.objectContaining({ reason: 'authenticate.superseded', action: 'lavalink.write' }));
    });

    it('ends as soon as another one connects under a later lease, before the node hears of that', async () => {
      const tenant = await harness.newTenant();
      const audio = await harness.installation.agentFor('audio');
      const before = await connect(audio, nodePath(tenant), undefined, '5');
      const closed = once(before.socket, 'close');
      expect((await connect(audio, nodePath(tenant), undefined, '6')).status).toBe(101);
      await closed;
      expect((await order(audio, tenant, '5')).statusCode).toBe(401);
    });

    it('is not ended by the lease of another tenant', async () => {
      const [tenant, other] = [await harness.newTenant(), await harness.newTenant()];
      const audio = await harness.installation.agentFor('audio');
      const { socket } = await connect(audio, nodePath(tenant), undefined, '1');
      await connect(audio, nodePath(other), undefined, '9');
      expect((await order(audio, tenant, '1')).statusCode).toBe(404);
      expect(socket.readyState).toBe(WebSocket.OPEN);
    });
  });

  it('ends when its tenant is suspended', async () => {
    const tenant = await harness.newTenant();
    const { socket } = await connect(await harness.installation.agentFor('audio'), nodePath(tenant));
    const closed = once(socket, 'close');
    await harness.admin.query("update tenant set status = 'suspended', version = version + 1 where id = $1", [tenant]);
    await closed;
  });

  it('answers what the node answers when the node refuses it', async () => {
    const tenant = await harness.newTenant();
    const audio = await harness.installation.agentFor('audio');
    const options = harness.tlsOptions(audio) as WebSocket.ClientOptions;
    // Without User-Id, a node refuses.
    const socket = new WebSocket(`wss://127.0.0.1:${harness.proxy.port}${nodePath(tenant)}`, {
      ...options,
      headers: { authorization: `Bearer ${await audio.callToken('lavalink')}`, 'fencing-token': '1' },
    });
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(400);
  });
});
