import { beforeEach, describe, expect, it } from 'vitest';
import { makeDiscordRequests } from './discord-rest.ts';
import type { ProxyAnswer, ProxyClient, ProxyRequest } from './proxy-client.ts';

let asked: ProxyRequest[];
let answer: ProxyAnswer;

beforeEach(() => {
  asked = [];
  answer = { status: 204, headers: {}, body: Buffer.alloc(0) };
});

const proxy: ProxyClient = {
  async request(request) {
    asked.push(request);
    return answer;
  },
  async *stream() {},
};
const request = makeDiscordRequests(proxy, 'ten_x');
const call = (method: string, path: string, body?: object) =>
  request(`https://discord.com/api/v10${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
const keyOf = (one: ProxyRequest | undefined) => one?.headers?.['idempotency-key'];

const minuteMs = 60_000;

describe('an answer to a member', () => {
  it('is tried almost as long as Discord takes it, under a key of its own', async () => {
    await call('POST', '/interactions/1/token/callback', { type: 4, data: { content: 'x' } });
    await call('POST', '/webhooks/1/token', { content: 'x' });
    for (const one of asked) {
      expect(one).toMatchObject({ repeatable: true });
      expect(one.timeoutMs).toBeGreaterThan(14 * minuteMs);
      expect(one.timeoutMs).toBeLessThan(15 * minuteMs);
    }
    const [first, second] = asked.map(keyOf);
    expect(first).toMatch(/^.{36}$/);
    expect(second).not.toBe(first);
  });

  it('needs no key where it does no harm twice', async () => {
    await call('PATCH', '/webhooks/1/token/messages/@original', { content: 'x' });
    expect(asked[0]).toMatchObject({ repeatable: true });
    expect(keyOf(asked[0])).toBeUndefined();
  });

  it('is given up soon when it is choices', async () => {
    await call('POST', '/interactions/1/token/callback', { type: 8, data: { choices: [] } });
    expect(asked[0]?.timeoutMs).toBe(3_000);
  });

  it('counts as deleted when only a repetition finds it gone', async () => {
    answer = { status: 404, headers: {}, body: Buffer.from('{"code":10008}'), repeated: true };
    expect((await call('DELETE', '/webhooks/1/token/messages/@original')).status).toBe(204);
    answer = { ...answer, repeated: false };
    expect((await call('DELETE', '/webhooks/1/token/messages/@original')).status).toBe(404);
  });
});

it('posts any other message at most once, and not for long', async () => {
  await call('POST', '/channels/1/messages', { content: 'x' });
  expect(asked[0]).toMatchObject({ repeatable: false, timeoutMs: 30_000 });
});
