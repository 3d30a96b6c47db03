import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { snowflake, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { BotIdentity, TestInstallation } from '#test/installation.ts';
import { startTestProxy, type TestProxy } from '../proxy.fixture.ts';
import { routes } from '../routes/routes.ts';

/** What the upstream does with a read; each response names the requested guild. */
type Behaviour = (asked: {
  guild: string;
  request: IncomingMessage;
  response: ServerResponse;
  waiting: number;
}) => void;

const answer = (response: ServerResponse, guild: string, padding = 0): void => {
  const body = JSON.stringify({ guild, padding: 'x'.repeat(padding) });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
};
const atOnce: Behaviour = ({ guild, response }) => answer(response, guild);

const stack = new AsyncDisposableStack();
let harness: TestProxy;
let tenant: TenantId;
let bot: BotIdentity;
/** Another tenant's bot, which misbehaves. */
let other: { tenant: TenantId; bot: BotIdentity };
let behaviour: Behaviour = atOnce;
/** Requests by guild, and the connections on which they arrived. */
let asked: string[] = [];
let used = new Set<Socket>();

async function startUpstream(installation: TestInstallation): Promise<string> {
  const { certificatePem, privateKeyPem, trustBundlePem } = (await installation.agentFor('audio')).tls.current();
  const server = createServer({
    cert: certificatePem,
    key: privateKeyPem,
    ca: trustBundlePem,
    requestCert: true,
    minVersion: 'TLSv1.3',
  });
  const waiting = new WeakMap<Socket, number>();
  server.on('request', (request, response) => {
    const { socket } = request;
    const guild = /guilds\/(\d+)\/player/.exec(request.url ?? '')?.[1] ?? '';
    waiting.set(socket, (waiting.get(socket) ?? 0) + 1);
    response.once('close', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1));
    asked.push(guild);
    used.add(socket);
    behaviour({ guild, request, response, waiting: waiting.get(socket) ?? 0 });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stack.defer(() => new Promise<void>((resolve) => (server.close(() => resolve()), server.closeAllConnections())));
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  const wide = { perSec: 1e6, burst: 1e6 };
  harness = await startTestProxy({
    upstreamUrls: async (installation) => ({ audio: await startUpstream(installation) }),
    limits: { tenant: wide, workload: wide, inFlightPerTenant: 1_000 },
  });
  stack.use(harness);
  tenant = await harness.newTenant();
  bot = await harness.installation.botIdentity(tenant);
  const second = await harness.newTenant();
  other = { tenant: second, bot: await harness.installation.botIdentity(second) };
});
afterAll(() => stack.disposeAsync());
beforeEach(() => {
  behaviour = atOnce;
  asked = [];
  used = new Set();
});

const guildAt = (index: number): Snowflake => snowflake(String(80_351_110_224_678_912n + BigInt(index)));
const player = (guild: string, of = tenant) => `/audio/v1/tenants/${of}/guilds/${guild}/player`;

async function read(guild: string): Promise<{ status: number; guild: unknown }> {
  const { statusCode, body } = await harness.call(bot, { path: player(guild) });
  return { status: statusCode, guild: ((await body.json()) as { guild?: unknown }).guild };
}

/** This many reads at a time, each for a different guild. */
async function readAll(count: number, atATime: number): Promise<string[]> {
  const wrong: string[] = [];
  let next = 0;
  const reader = async () => {
    for (let index = next++; index < count; index = next++) {
      const guild = guildAt(index);
      const got = await read(guild).catch((error: unknown) => ({ status: String(error), guild: undefined }));
      if (got.status !== 200 || got.guild !== guild) wrong.push(`${guild} got ${got.status} ${String(got.guild)}`);
    }
  };
  await Promise.all(Array.from({ length: atATime }, reader));
  return wrong;
}

describe('quick reads', () => {
  it('are those of a player: reads with small answers that end', () => {
    const quick = routes.all.filter((route) => route.quick).map(({ to, on }) => `${to} ${on}`);
    expect(quick).toEqual(['audio GET /v1/tenants/:tenant/guilds/:guild/player']);
  });

  it('share two connections', async () => {
    expect(await readAll(300, 50)).toEqual([]);
    expect(asked).toHaveLength(300);
    expect(used.size).toBeLessThanOrEqual(2);
  });

  it('get each its own answer, whole or in pieces, in whatever order they are ready and whenever a connection ends or breaks', async () => {
    let broken = 0;
    behaviour = ({ guild, request, response, waiting }) => {
      // Only on a shared connection: what is sent again is sent alone.
      if (waiting > 1 && Math.random() < 0.01) {
        broken += 1;
        request.socket.destroy();
      } else if (Math.random() < 0.02) {
        response
          .writeHead(200, { connection: 'close', 'content-type': 'application/json' })
          .end(JSON.stringify({ guild }));
      } else if (Math.random() < 0.1) {
        response.writeProcessing();
        // Without a length, in pieces.
        response.writeHead(200, { 'content-type': 'application/json' }).write('{"guild":');
        setTimeout(() => response.end(`"${guild}"}`), 2);
      } else if (Math.random() < 0.3) setTimeout(() => answer(response, guild), Math.random() * 4);
      else answer(response, guild);
    };
    // Below the 64 connections that a bot may have: the caller's pool opens a new one even if one is about to be free.
    expect(await readAll(2_500, 48)).toEqual([]);
    expect(broken).toBeGreaterThan(3);
  });

  it('that are broken off in the middle of an answer are answered whole', async () => {
    const large = guildAt(900);
    behaviour = ({ guild, request, response }) => {
      if (asked.filter((each) => each === guild).length > 1) return answer(response, guild);
      const body = JSON.stringify({ guild, padding: 'x'.repeat(guild === large ? 300_000 : 1_000) });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
      response.write(body.slice(0, -500), () => setTimeout(() => request.socket.destroy(), 20));
    };
    expect(await readAll(20, 1)).toEqual([]);
    expect(asked).toHaveLength(40);
    // If a response is too large to be held back, the caller already has part of it: it is broken off for them too.
    await expect(read(large)).rejects.toThrow();
  });

  it('of a caller who leaves take nothing from the others on the connection', async () => {
    const staying = () => Promise.all(Array.from({ length: 20 }, (_none, index) => read(guildAt(2_000 + index))));
    await staying();
    const before = await connections();
    asked = [];
    const held: (() => void)[] = [];
    behaviour = ({ guild, response }) => void held.push(() => answer(response, guild));
    const leaving = new AbortController();
    const left = Array.from({ length: 20 }, async (_none, index) => {
      const socket = await harness.connect(other.bot);
      leaving.signal.addEventListener('abort', () => socket.destroy());
      socket.write(await requestOfOther(guildAt(1_000 + index)));
    });
    await Promise.all(left);
    const answers = staying();
    await expect.poll(() => held.length).toBe(40);
    leaving.abort();
    await expect.poll(connections).toBe(before);
    for (const give of held.splice(0)) give();
    expect((await answers).map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('are not held up by a caller who does not take what was asked for', async () => {
    const slow = guildAt(3_000);
    behaviour = ({ guild, response }) => answer(response, guild, guild === slow ? 400_000 : 0);
    const socket = await harness.connect(other.bot);
    // A caller that reads nothing may be cut off while it still writes.
    socket.on('error', () => undefined);
    socket.pause();
    for (let times = 0; times < 20; times += 1) socket.write(await requestOfOther(slow));
    await expect.poll(() => asked.filter((guild) => guild === slow).length).toBeGreaterThan(0);
    expect(await readAll(200, 20)).toEqual([]);
    socket.destroy();
  });

  it('that wait behind one that is not answered are sent anew on connections of their own', async () => {
    const stuck = guildAt(4_000);
    behaviour = ({ guild, response }) => {
      if (guild === stuck && asked.filter((each) => each === stuck).length === 1) return;
      answer(response, guild);
    };
    const began = Date.now();
    const all = [stuck, ...Array.from({ length: 30 }, (_none, index) => guildAt(4_001 + index))];
    const got = await Promise.all(all.map(read));
    expect(got).toEqual(all.map((guild) => ({ status: 200, guild })));
    expect(Date.now() - began).toBeLessThan(10_000);
    // And so are those that come after it, for a while.
    used = new Set();
    behaviour = ({ guild, response }) => void setTimeout(() => answer(response, guild), 20);
    expect(await readAll(60, 20)).toEqual([]);
    expect(used.size).toBeGreaterThan(10);
  });
});

/** Connections of callers to the proxy, by its own count. */
async function connections(): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${harness.proxy.opsPort}/metrics`)).text();
  return Number(/^bailiwick_proxy_connections (\d+)$/m.exec(metrics)?.[1]);
}

const requestOfOther = async (guild: string): Promise<string> =>
  `GET ${player(guild, other.tenant)} HTTP/1.1\r\nhost: gateway-proxy\r\nauthorization: Bearer ${await other.bot.callToken('audio')}\r\n\r\n`;
