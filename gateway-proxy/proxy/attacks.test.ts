import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { BotIdentity } from '#test/installation.ts';
import { guildOne, startTestProxy, type TestProxy } from './proxy.fixture.ts';

let harness: TestProxy;
let tenant: TenantId;
let bot: BotIdentity;
let token: string;
let txn: string;
let reached = 0;

beforeAll(async () => {
  const path = '/v1/tenants/:tenant/guilds/:guild/player';
  harness = await startTestProxy({
    services: {
      audio: (app) => {
        app.get(path, { config: { action: 'player.read' } }, async () => {
          reached += 1;
          return { state: 'idle' };
        });
        app.post(`${path}/queue`, { config: { action: 'player.enqueue' } }, async (request) => {
          reached += 1;
          return { got: request.body, headers: request.headers };
        });
      },
    },
    limits: { recordedDenials: { perSec: 1_000, burst: 1_000 }, denials: { perSec: 10_000, burst: 10_000 } },
  });
  tenant = await harness.newTenant();
  bot = await harness.installation.botIdentity(tenant);
  token = await bot.callToken('audio');
});
/** What a member asked for is done once. */
beforeEach(async () => {
  txn = await newTransaction();
});
afterAll(async () => {
  await harness?.[Symbol.asyncDispose]();
});

const newTransaction = () => harness.discordToken(tenant, ['player.enqueue', 'player.read'], { command: 'play' });
const player = () => `/audio/v1/tenants/${tenant}/guilds/${guildOne}/player`;

interface Wire {
  readonly line?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** A whole request as bytes; `{player}`, `{token}` and `{txn}` are filled in. */
function bytes({ line = 'GET {player} HTTP/1.1', headers = [], body = '' }: Wire): string {
  const usual = headers.some((header) => /^host:/i.test(header)) ? [] : ['Host: proxy'];
  const auth = headers.some((header) => /^authorization:/i.test(header)) ? [] : ['Authorization: Bearer {token}'];
  const close = headers.some((header) => /^connection:/i.test(header)) ? [] : ['Connection: close'];
  const text = [line, ...usual, ...auth, ...close, ...headers, '', body].join('\r\n');
  return text.replaceAll('{player}', player()).replaceAll('{token}', token).replaceAll('{txn}', txn);
}

const statuses = (answer: string): number[] =>
  [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

async function send(wire: Wire): Promise<{ statuses: number[]; reached: number; answer: string }> {
  const before = reached;
  const answer = await harness.raw(bot, bytes(wire));
  return { statuses: statuses(answer), reached: reached - before, answer };
}

const post = 'POST {player}/queue HTTP/1.1';
const json = 'Content-Type: application/json';
const member = 'Txn-Token: {txn}';

const attacks: readonly { name: string; attack: Wire; status: number; twin: Wire }[] = [
  // Targets
  { name: 'dot segments', attack: { line: 'GET /discord-edge/..{player} HTTP/1.1' }, status: 400, twin: {} },
  {
    name: 'encoded dot segments',
    attack: { line: 'GET /x/%2e%2e{player} HTTP/1.1' },
    status: 400,
    twin: { line: 'GET {player}?x=%2e%2e HTTP/1.1' },
  },
  {
    name: 'an encoded slash',
    attack: { line: 'GET {player}%2fqueue HTTP/1.1' },
    status: 400,
    twin: { line: 'GET {player}?x=%2fqueue HTTP/1.1' },
  },
  { name: 'a backslash', attack: { line: 'GET {player}\\..\\queue HTTP/1.1' }, status: 400, twin: {} },
  {
    name: 'path parameters',
    attack: { line: 'GET {player};jsessionid=1 HTTP/1.1' },
    status: 400,
    twin: { line: 'GET {player}?a=1;b=2 HTTP/1.1' },
  },
  {
    name: 'double encoding',
    attack: { line: 'GET {player}%252fqueue HTTP/1.1' },
    status: 400,
    twin: { line: 'GET {player}?x=%252f HTTP/1.1' },
  },
  { name: 'absolute form', attack: { line: 'GET https://audio{player} HTTP/1.1' }, status: 400, twin: {} },
  {
    name: 'a fragment',
    attack: { line: 'GET {player}#x HTTP/1.1' },
    status: 400,
    twin: { line: 'GET {player}?%23x HTTP/1.1' },
  },
  { name: 'another case', attack: { line: 'GET /Audio{player} HTTP/1.1' }, status: 404, twin: {} },
  { name: 'an empty segment', attack: { line: 'GET /{player} HTTP/1.1' }, status: 400, twin: {} },
  {
    name: 'raw bytes that are not ASCII',
    attack: { line: 'GET {player}?q=\xe9 HTTP/1.1' },
    status: 400,
    twin: { line: 'GET {player}?q=%C3%A9 HTTP/1.1' },
  },
  // Methods
  { name: 'HEAD', attack: { line: 'HEAD {player} HTTP/1.1' }, status: 405, twin: {} },
  { name: 'OPTIONS', attack: { line: 'OPTIONS {player} HTTP/1.1' }, status: 405, twin: {} },
  { name: 'TRACE', attack: { line: 'TRACE {player} HTTP/1.1' }, status: 405, twin: {} },
  { name: 'CONNECT', attack: { line: 'CONNECT audio:443 HTTP/1.1' }, status: 405, twin: {} },
  { name: 'a method that is none', attack: { line: 'FETCH {player} HTTP/1.1' }, status: 400, twin: {} },
  {
    name: 'a method override',
    attack: { headers: ['X-HTTP-Method-Override: DELETE'] },
    status: 400,
    twin: { headers: ['X-Note: DELETE'] },
  },
  // Headers
  {
    name: 'two Authorization headers',
    attack: { headers: ['Authorization: Bearer {token}', 'Authorization: Bearer {token}'] },
    status: 400,
    twin: {},
  },
  {
    name: 'joined Authorization values',
    attack: { headers: ['Authorization: Bearer {token}, Bearer x'] },
    status: 400,
    twin: { headers: ['Accept: a/b, c/d'] },
  },
  {
    name: 'two Host headers',
    attack: { headers: ['Host: a', 'Host: b'] },
    status: 400,
    twin: { headers: ['Host: a'] },
  },
  {
    name: 'an underscore twin of the transaction token',
    attack: { headers: ['Txn_Token: x'] },
    status: 400,
    twin: { headers: ['Txn-Token: {txn}'] },
  },
  {
    name: 'two transaction tokens',
    attack: { headers: [member, 'txn-token: x'] },
    status: 400,
    twin: { headers: [member] },
  },
  {
    name: "a grant of the caller's making",
    attack: { headers: ['Bailiwick-Grant: x'] },
    status: 400,
    twin: { headers: ['Grant: x'] },
  },
  {
    name: 'a forwarded client certificate',
    attack: { headers: ['X-Forwarded-Client-Cert: By=x'] },
    status: 400,
    twin: { headers: ['X-Forwarded-Proto: https'] },
  },
  {
    name: 'a forwarded prefix',
    attack: { headers: ['X-Forwarded-Prefix: /api'] },
    status: 400,
    twin: { headers: ['X-Forwarded-Host: a'] },
  },
  {
    name: 'Connection naming Authorization',
    attack: { headers: ['Connection: close, authorization'] },
    status: 400,
    twin: { headers: ['Connection: close, x-note'] },
  },
  {
    name: 'a line break in a value',
    attack: { headers: ['X-Note: a\nX-Other: b\rc'] },
    status: 400,
    twin: { headers: ['X-Note: a b'] },
  },
  {
    name: 'a folded header',
    attack: { headers: ['X-Note: a', ' b'] },
    status: 400,
    twin: { headers: ['X-Note: a b'] },
  },
  {
    name: 'a space before the colon',
    attack: { headers: ['X-Note : a'] },
    status: 400,
    twin: { headers: ['X-Note:a'] },
  },
  {
    name: 'a header section over 16 KiB',
    attack: { headers: [`X-Note: ${'a'.repeat(17_000)}`] },
    status: 431,
    twin: { headers: [`X-Note: ${'a'.repeat(8_000)}`] },
  },
  {
    name: 'more than 64 headers',
    attack: { headers: Array.from({ length: 80 }, (_, n) => `X-${n}: 1`) },
    status: 400,
    twin: { headers: Array.from({ length: 50 }, (_, n) => `X-${n}: 1`) },
  },
  { name: 'HTTP/1.0', attack: { line: 'GET {player} HTTP/1.0' }, status: 505, twin: {} },
  {
    name: 'an upgrade where there is none',
    attack: { headers: ['Connection: upgrade', 'Upgrade: websocket'] },
    status: 404,
    twin: {},
  },
  {
    name: 'an upgrade to HTTP/2',
    attack: { headers: ['Connection: upgrade, http2-settings', 'Upgrade: h2c', 'HTTP2-Settings: x'] },
    status: 404,
    twin: {},
  },
  // Framing
  {
    name: 'Content-Length beside Transfer-Encoding',
    attack: {
      line: post,
      headers: [json, member, 'Content-Length: 2', 'Transfer-Encoding: chunked'],
      body: '0\r\n\r\n',
    },
    status: 400,
    twin: { line: post, headers: [json, member, 'Transfer-Encoding: chunked'], body: '2\r\n{}\r\n0\r\n\r\n' },
  },
  {
    name: 'two lengths',
    attack: { line: post, headers: [json, member, 'Content-Length: 2', 'Content-Length: 3'], body: '{}x' },
    status: 400,
    twin: { line: post, headers: [json, member, 'Content-Length: 2'], body: '{}' },
  },
  {
    name: 'an obscured transfer coding',
    attack: { line: post, headers: [json, member, 'Transfer-Encoding: xchunked'], body: '2\r\n{}\r\n0\r\n\r\n' },
    status: 400,
    twin: { line: post, headers: [json, member, 'Transfer-Encoding: chunked'], body: '2\r\n{}\r\n0\r\n\r\n' },
  },
  {
    name: 'a chunk size that is none',
    attack: { line: post, headers: [json, member, 'Transfer-Encoding: chunked'], body: '0x2\r\n{}\r\n0\r\n\r\n' },
    status: 400,
    twin: { line: post, headers: [json, member, 'Transfer-Encoding: chunked'], body: '02\r\n{}\r\n0\r\n\r\n' },
  },
  {
    name: 'a body over 1 MiB in chunks',
    attack: {
      line: post,
      headers: [json, member, 'Transfer-Encoding: chunked'],
      body: `${(1024 * 1024 + 1).toString(16)}\r\n${'a'.repeat(1024 * 1024 + 1)}\r\n0\r\n\r\n`,
    },
    status: 413,
    twin: { line: post, headers: [json, member, 'Content-Length: 100002'], body: `{${' '.repeat(100_000)}}` },
  },
  {
    name: 'a length over 1 MiB, unread',
    attack: { line: post, headers: [json, member, 'Content-Length: 1048577'] },
    status: 413,
    twin: { line: post, headers: [json, member, 'Content-Length: 2'], body: '{}' },
  },
  {
    name: 'a body of a GET',
    attack: { headers: ['Content-Length: 2'], body: '{}' },
    status: 400,
    twin: { headers: ['Content-Length: 0'] },
  },
  {
    name: 'a compressed body',
    attack: { line: post, headers: [json, member, 'Content-Encoding: gzip', 'Content-Length: 2'], body: '{}' },
    status: 400,
    twin: { line: post, headers: [json, member, 'Content-Encoding: identity', 'Content-Length: 2'], body: '{}' },
  },
];

describe('over the wire', () => {
  for (const { name, attack, status, twin } of attacks) {
    it(`refuses ${name} with one ${status} and reaches no upstream`, async () => {
      const result = await send(attack);
      expect(result).toMatchObject({ statuses: [status], reached: 0 });
      expect(result.answer).toMatch(/^content-type: application\/problem\+json\r$/m);
    });
    it(`lets pass what only resembles ${name}`, async () => {
      expect(await send(twin)).toMatchObject({ statuses: [200], reached: 1 });
    });
  }

  it('checks a request that comes behind another one on the same connection by itself', async () => {
    const wire = { line: post, headers: [json, member, 'Connection: keep-alive', 'Content-Length: 2'], body: '{}' };
    const withFirst = async (second: Wire) => {
      txn = await newTransaction();
      return statuses(await harness.raw(bot, bytes(wire) + bytes(second)));
    };
    const before = reached;
    expect(await withFirst({})).toEqual([200, 200]);
    expect(await withFirst({ line: 'GET {player}/../x HTTP/1.1' })).toEqual([200, 400]);
    expect(await withFirst({ headers: ['Authorization: Bearer x'] })).toEqual([200, 401]);
    expect(reached - before).toBe(4);
  });

  it("hands nothing on that Connection lists, and nothing of the caller's identity", async () => {
    const result = await send({
      line: post,
      headers: [
        json,
        member,
        'Connection: close, accept',
        'Accept: application/json',
        'Cookie: a=1',
        'Content-Length: 2',
      ],
      body: '{}',
    });
    expect(result.statuses).toEqual([200]);
    const { headers } = JSON.parse(
      result.answer.slice(result.answer.indexOf('{'), result.answer.lastIndexOf('}') + 1),
    ) as {
      headers: Record<string, string>;
    };
    expect(Object.keys(headers).toSorted()).toEqual([
      'bailiwick-grant',
      'connection',
      'content-length',
      'content-type',
      'host',
      'x-request-id',
    ]);
  });

  it('records what it could not even read', async () => {
    await send({ line: 'NONSENSE' });
    const records = await harness.audit(tenant);
    expect(records.at(-1)).toMatchObject({
      outcome: 'denied',
      reason: 'canonical-request.malformed',
      actor: { id: bot.spiffeId },
    });
  });
});
