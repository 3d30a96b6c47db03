import type { IncomingHttpHeaders } from 'node:http';
import { refusedHeader } from '#infra/http/refusals.ts';
import { grantHeader } from '#security/identity/grant.ts';
import { keyTokenHeader } from '#security/identity/key-token.ts';
import type { Admitted } from '../exchange/exchange.ts';
import type { Upstream } from './upstreams.ts';

/** The headers that are forwarded to an upstream, by kind of route; all others are dropped. */
const forEvery = ['content-type', 'accept'] as const;
/** W3C Trace Context, which only workloads may continue: people outside do not choose our traces. */
const forWorkloads = [...forEvery, 'traceparent', 'tracestate'] as const;
const forLavalink = ['user-agent', 'user-id', 'client-name', 'session-id'] as const;
const forDiscord = ['idempotency-key', 'x-audit-log-reason'] as const;
const forPublicApi = [
  'accept-encoding',
  'accept-language',
  'authorization',
  'bailiwick-csrf',
  'cookie',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'last-event-id',
  'origin',
  'sec-fetch-mode',
  'sec-fetch-site',
  'user-agent',
] as const;
const forWebSocket = [
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-extensions',
  'sec-websocket-protocol',
] as const;

function passedOn({ route }: Admitted): readonly string[] {
  switch (route.to) {
    case 'lavalink':
      return route.upgrade === undefined ? lavalinkRequest : lavalinkUpgrade;
    case 'api':
      return publicApi;
    case 'discord-edge':
      return discord;
    default:
      return forWorkloads;
  }
}
const lavalinkRequest = [...forEvery, ...forLavalink];
const lavalinkUpgrade = [...forLavalink, ...forWebSocket];
const publicApi = [...forEvery, ...forPublicApi];
const discord = [...forWorkloads, ...forDiscord];

/**
 * Headers for the upstream: the listed ones, unless Connection names them (RFC 9110 7.6.1), and what the proxy vouches
 * for.
 */
export function upstreamHeaders(exchange: Admitted, upstream: Upstream, grant: string | undefined): string[] {
  const { headers, connectionListed, keyToken } = exchange;
  const sent = ['x-request-id', exchange.requestId];
  for (const name of passedOn(exchange)) {
    const value = headers.get(name);
    if (keyToken !== undefined && name === 'authorization') sent.push(keyTokenHeader, keyToken);
    else if (value !== undefined && !connectionListed.has(name)) sent.push(name, value);
  }
  if (grant !== undefined) sent.push(grantHeader, grant);
  if (upstream.password !== undefined) sent.push('authorization', upstream.password);
  if (exchange.peer === undefined) sent.push('x-forwarded-for', exchange.remoteAddress);
  return sent;
}

/** The address at the upstream: without the parts that name the upstream, its node, and the tenant. */
export function upstreamPath({ path, query, route, params, peer }: Admitted): string {
  if (!peer) return path + query;
  const prefix = route.to === 'lavalink' ? `/lavalink/tenants/${params.tenant}/nodes/${params.node}` : `/${route.to}`;
  return path.slice(prefix.length) + query;
}

const toWorkloads = new Set([
  'cache-control',
  'content-disposition',
  'content-length',
  'content-type',
  'etag',
  'lavalink-api-version',
  refusedHeader,
  'retry-after',
  'session-resumed',
]);
const neverToPublic = new Set([
  'connection',
  'date',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'server',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
]);

export interface AnswerHeaders {
  /** Name, value, name, value, … */
  readonly list: string[];
  /** Content-Length; undefined for a body that arrives bit by bit. */
  readonly length: number | undefined;
}

/**
 * Headers for the caller: for workloads those that they need, Discord's rate limits included; for the public all except
 * those of the connection and of the platform's internals.
 */
export function answerHeaders(
  exchange: Pick<Admitted, 'peer' | 'requestId'>,
  headers: IncomingHttpHeaders,
): AnswerHeaders {
  const isPublic = exchange.peer === undefined;
  const list = ['x-request-id', exchange.requestId];
  let length: number | undefined;
  for (const [name, value] of Object.entries(headers)) {
    const goes = isPublic
      ? !neverToPublic.has(name) && !name.startsWith('bailiwick-')
      : toWorkloads.has(name) || name.startsWith('x-ratelimit-');
    if (!goes || value === undefined) continue;
    if (name === 'content-length') length = Number(value);
    if (typeof value === 'string') list.push(name, value);
    else for (const each of value) list.push(name, each);
  }
  return { list, length };
}
