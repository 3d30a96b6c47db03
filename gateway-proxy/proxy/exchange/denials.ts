import type { DenialCode, Refuser } from '#infra/http/denial-codes.ts';
import type { ToldLimit } from '#infra/http/rate-limit-headers.ts';
import type { Params } from '#infra/kernel/errors.ts';

interface Entry {
  readonly status: number;
  /** For the caller: what to do about it. */
  readonly title: string;
}

/** A refuser's entry for codes that the catalogue does not list. */
const defaults: Record<Refuser, Entry> = {
  'canonical-request': { status: 400, title: 'The request is ambiguous and was refused.' },
  route: { status: 404, title: 'This address does not exist.' },
  authenticate: {
    status: 401,
    title: 'The caller could not be authenticated. Send a fresh call token for this target.',
  },
  tenancy: { status: 403, title: 'This belongs to another tenant.' },
  'on-behalf-of': { status: 403, title: 'This is not allowed on behalf of that member.' },
  authorize: { status: 403, title: 'This is not allowed.' },
  limit: { status: 429, title: 'Too many requests. Slow down and try again.' },
  'once-only': { status: 403, title: 'This was already done. Use the command again to do it once more.' },
  record: { status: 503, title: 'This could not be recorded, so nothing was done. Try again in a moment.' },
  forward: { status: 502, title: 'The upstream service gave an invalid response. Try again in a moment.' },
  pipeline: {
    status: 500,
    title: 'The platform failed. Try again. If this continues, give the operator the request id.',
  },
};

/** Codes whose status or text differs from their refuser's default. */
const exact: Readonly<Partial<Record<DenialCode, Entry>>> = {
  'canonical-request.method': { status: 405, title: 'This method is not supported.' },
  'canonical-request.http-version': {
    status: 505,
    title: 'Only HTTP/1.1 is supported. Behind nginx, set `proxy_http_version 1.1`.',
  },
  'canonical-request.body-too-large': { status: 413, title: 'The body is larger than 1 MiB.' },
  'canonical-request.header-fields-too-large': { status: 431, title: 'The header section is larger than 16 KiB.' },
  'canonical-request.timeout': { status: 408, title: 'The request took too long to arrive.' },
  'route.method': { status: 405, title: 'This address does not support this method.' },
  'route.upgrade-required': { status: 426, title: 'This address accepts only WebSocket connections.' },
  'authenticate.caller-not-allowed': { status: 403, title: 'This caller is not allowed to use this address.' },
  'authenticate.superseded': { status: 401, title: 'Another process has taken the place of this one.' },
  'authenticate.no-lease': { status: 401, title: 'This call must name the lease of the tenant (Fencing-Token).' },
  'authenticate.not-fresh': {
    status: 503,
    title: 'Revocations cannot be checked right now, so no caller is trusted. Try again in a moment.',
  },
  'authenticate.api-key': { status: 401, title: 'This API key is invalid, expired or removed.' },
  'authenticate.key-exchange': { status: 503, title: 'API keys cannot be checked right now. Try again in a moment.' },
  'on-behalf-of.not-fresh': {
    status: 503,
    title: 'Revocations cannot be checked right now, so no caller is trusted. Try again in a moment.',
  },
  'on-behalf-of.missing': { status: 403, title: 'This can only be done on behalf of a member.' },
  'on-behalf-of.out-of-scope': { status: 403, title: 'The command that the member used does not allow this.' },
  'on-behalf-of.not-as-entered': { status: 403, title: 'This does not match what the member entered.' },
  'authorize.stale': { status: 503, title: 'No access decision can be made right now. Try again in a moment.' },
  'authorize.failed': { status: 503, title: 'No access decision could be made. Try again in a moment.' },
  'limit.in-flight': { status: 429, title: 'Too many concurrent requests. Wait for responses first.' },
  'limit.streams': { status: 429, title: 'Too many streams of this kind are open. Close one first.' },
  'limit.denials': { status: 429, title: 'Too many refused requests. Stop sending requests that are refused.' },
  'limit.overloaded': { status: 503, title: 'The platform is busy. Try again in a moment.' },
  'once-only.unavailable': {
    status: 503,
    title: 'It cannot be checked right now whether this was already done, so nothing was done. Try again in a moment.',
  },
  'forward.unknown-node': { status: 404, title: 'There is no such Lavalink node.' },
  'forward.moving': {
    status: 503,
    title: 'The bot is being moved to another machine, and nothing was done. Try again in a moment.',
  },
  'forward.not-sent': {
    status: 503,
    title: 'The upstream service is unavailable, and nothing was done. Try again in a moment.',
  },
  'forward.breaker-open': { status: 503, title: 'The upstream service is failing. Try again in a moment.' },
  'forward.timeout': { status: 504, title: 'The upstream service did not respond in time.' },
};

/** A refused request: why, as a stable code and in words, and when to retry. */
export interface Denial {
  readonly code: DenialCode;
  readonly status: number;
  readonly title: string;
  /** Seconds; sent as Retry-After (RFC 9110 10.2.3). */
  readonly retryAfterSec?: number;
  /** The policy rule and decision behind it. */
  readonly rule?: string;
  readonly decision?: string;
  /** The values that the title contains. */
  readonly params?: Params;
  /** For Allow (RFC 9110 10.2.1). */
  readonly allow?: readonly string[];
  /** The limit that was reached. */
  readonly limit?: ToldLimit;
}

export const isDenial = (value: object): value is Denial => 'code' in value;

export type DenialDetails = Partial<
  Pick<Denial, 'title' | 'retryAfterSec' | 'rule' | 'decision' | 'params' | 'allow' | 'limit'>
>;

/** Builds a denial from the catalogue; details override its text. */
export function denial(code: DenialCode, details: DenialDetails = {}): Denial {
  const entry = exact[code] ?? defaults[code.slice(0, code.indexOf('.')) as Refuser];
  return { code, status: entry.status, title: entry.title, ...details };
}
