import { randomUUID } from 'node:crypto';
import type { ClientOptions } from 'discord.js';
import { callerFault } from '#infra/kernel/errors.ts';
import { addressOf } from '#policies/addresses.ts';
import type { ProxyAnswer, ProxyClient } from './proxy-client.ts';

const apiPrefix = /^\/api\/v\d+(?=\/)/;
/** Longer than discord-edge waits for Discord. */
const attemptTimeoutMs = 20_000;
const ordinaryPatienceMs = 30_000;
/** An interaction's token lives for 15 minutes. */
export const answerPatienceMs = 14.5 * 60_000;
/** Choices are useless later. */
const choicesPatienceMs = 3_000;
const choicesBody = /^\{"type":8\b/;

/** The version of @discordjs/rest that discord.js itself uses. */
type MakeRequest = NonNullable<NonNullable<ClientOptions['rest']>['makeRequest']>;
type ResponseLike = Awaited<ReturnType<MakeRequest>>;

/**
 * Sends discord.js's REST calls to discord-edge, which decides whether the call is allowed and adds the token.
 * Discord's own responses are returned unchanged; a refusal by the platform is thrown as a BailiwickError, so that it
 * is never mistaken for Discord rejecting the token. Answers to members are retried for as long as Discord accepts
 * them; with the same key, the edge gives each of them once.
 */
export function makeDiscordRequests(proxy: ProxyClient, tenant: string): MakeRequest {
  return async (url, init) => {
    const { pathname, search } = new URL(url);
    const path = pathname.replace(apiPrefix, '');
    if (path === '/gateway/bot') return toResponse(oneShard);
    const reason = headerOf(init.headers, 'x-audit-log-reason');
    const method = init.method ?? 'GET';
    const asked = askedAs(method, path, init.body);
    const address = addressOf('discord-edge', 'GET /v1/tenants/:tenant/rest/*', { tenant, tail: path.slice(1) });
    const answer = await proxy.request({
      ...address,
      method,
      path: `${address.path}${search}`,
      timeoutMs: asked.patienceMs,
      attemptTimeoutMs,
      repeatable: method !== 'POST' || asked.key !== undefined,
      ...(init.signal ? { signal: init.signal } : {}),
      headers: {
        ...(reason === undefined ? {} : { 'x-audit-log-reason': reason }),
        ...(asked.key === undefined ? {} : { 'idempotency-key': asked.key }),
      },
      ...bodyOf(init),
    });
    // What a retry finds gone was deleted by the attempt before it.
    const isDeleted = method === 'DELETE' && answer.status === 404 && answer.repeated === true;
    return toResponse(isDeleted ? { ...answer, status: 204, body: Buffer.alloc(0) } : answer);
  };
}

/** How long a call is retried, and the idempotency key of an answer to a member. */
function askedAs(method: string, path: string, body: unknown): { patienceMs: number; key?: string } {
  if (!/^\/(?:interactions|webhooks)\//.test(path)) return { patienceMs: ordinaryPatienceMs };
  const isChoices = typeof body === 'string' && choicesBody.test(body);
  const patienceMs = isChoices ? choicesPatienceMs : answerPatienceMs;
  return method === 'POST' ? { patienceMs, key: randomUUID() } : { patienceMs };
}

/** What discord.js wants to know before it connects; the edge holds the session, so there is nothing to ask Discord. */
const oneShard: ProxyAnswer = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(
    JSON.stringify({
      url: 'wss://discord-edge',
      shards: 1,
      session_start_limit: { total: 1, remaining: 1, reset_after: 0, max_concurrency: 1 },
    }),
  ),
};

function bodyOf(init: Parameters<MakeRequest>[1]) {
  const { body } = init;
  if (body === undefined || body === null) return {};
  if (typeof body !== 'string') {
    throw callerFault('discord.files-not-supported', 'The bot sends only JSON to Discord, not files.');
  }
  return { rawBody: { type: headerOf(init.headers, 'content-type') ?? 'application/json', data: body } };
}

/** @discordjs/rest always passes a plain object. */
function headerOf(headers: unknown, name: string): string | undefined {
  const found = Object.entries((headers ?? {}) as Record<string, string>).find(([key]) => key.toLowerCase() === name);
  return found?.[1];
}

/** The part of a fetch Response that @discordjs/rest reads. The real class would load fetch, which takes 3 MiB. */
function toResponse(answer: ProxyAnswer): ResponseLike {
  const headers = {
    get: (name: string) => {
      const value = answer.headers[name.toLowerCase()];
      return Array.isArray(value) ? value.join(', ') : (value ?? null);
    },
    has: (name: string) => answer.headers[name.toLowerCase()] !== undefined,
  };
  const text = () => answer.body.toString('utf8');
  return {
    status: answer.status,
    statusText: String(answer.status),
    ok: answer.status >= 200 && answer.status < 300,
    headers: headers as unknown as ResponseLike['headers'],
    body: null,
    bodyUsed: false,
    text: async () => text(),
    json: async () => JSON.parse(text()) as unknown,
    arrayBuffer: async () => new Uint8Array(answer.body).buffer,
  };
}
