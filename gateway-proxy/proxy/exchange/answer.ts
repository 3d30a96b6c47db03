import type { ServerResponse } from 'node:http';
import { rateLimitHeaders } from '#infra/http/rate-limit-headers.ts';
import { refusedHeader } from '#infra/http/refusals.ts';
import { problemMediaType } from '#infra/kernel/problem.ts';
import type { Denial } from './denials.ts';
import type { Exchange } from './exchange.ts';
import { failureOf } from './failure.ts';

/** A denial in the form that its caller understands. */
export interface DenialAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const discordTarget = /^\/discord-edge\/v1\/tenants\/[^/?]*\/rest\//;

/**
 * Renders a denial as problem+json (RFC 9457), or in Discord's own form for a bot's calls to Discord. There it is never
 * a 401: @discordjs/rest discards its token on one, and its caller would never recover.
 */
export function denialAnswer(exchange: Exchange, denial: Denial): DenialAnswer {
  const headers: Record<string, string> = { 'cache-control': 'no-store', 'x-request-id': exchange.requestId };
  if (denial.retryAfterSec !== undefined) headers['retry-after'] = String(denial.retryAfterSec);
  if (denial.allow) headers['allow'] = denial.allow.join(', ');
  if (denial.limit) Object.assign(headers, rateLimitHeaders(denial.limit));
  if (discordTarget.test(exchange.raw.url)) {
    const status = denial.status === 401 ? 403 : denial.status;
    const body = JSON.stringify(discordBody(denial, status));
    return { status, headers: { ...headers, 'content-type': 'application/json', [refusedHeader]: denial.code }, body };
  }
  const body = JSON.stringify(problemOf(exchange, denial));
  if (denial.status === 401) headers['www-authenticate'] = 'Bearer';
  return { status: denial.status, headers: { ...headers, 'content-type': problemMediaType }, body };
}

/** https://discord.com/developers/docs/topics/rate-limits#exceeding-a-rate-limit; code 0 is Discord's general error. */
function discordBody(denial: Denial, status: number) {
  const message = `${denial.title} (${denial.code})`;
  return status === 429
    ? { message, retry_after: denial.retryAfterSec ?? 1, global: false, code: 0 }
    : { message, code: 0 };
}

function problemOf(exchange: Exchange, denial: Denial) {
  return {
    type: `urn:bailiwick:problem:${denial.code}`,
    title: denial.title,
    status: denial.status,
    code: denial.code,
    ...(denial.rule === undefined ? {} : { rule: denial.rule }),
    ...(denial.decision === undefined ? {} : { decision: denial.decision }),
    ...(denial.params === undefined ? {} : { params: denial.params }),
    requestId: exchange.requestId,
  };
}

/** Sends a denial, unless a response is already in progress: then all that is left is to break it off. */
export function sendDenial(response: ServerResponse, exchange: Exchange, denial: Denial): void {
  exchange.failure = failureOf(denial);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { status, headers, body } = denialAnswer(exchange, denial);
  // To keep the connection, an unread body would have to be read. And who was superseded needs none any more.
  const isOver = exchange.bodyExpected || status === 400 || denial.code === 'authenticate.superseded';
  if (isOver) response.shouldKeepAlive = false;
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}
