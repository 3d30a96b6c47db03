import type { FramingFault, HeaderFault, HeadersFault } from '#infra/http/denial-codes.ts';
import { accept, reject, type Verdict } from '#infra/kernel/verdict.ts';

const maxHeaders = 64;
/** The largest request body that the proxy forwards. */
export const maxBodyBytes = 1024 * 1024;

export interface CanonicalHeaders {
  readonly headers: ReadonlyMap<string, string>;
  readonly connectionListed: ReadonlySet<string>;
  readonly bodyExpected: boolean;
}

/**
 * one: at most once. token: at most once, ASCII, and no comma, since joined values would look like one. credential: a
 * token that is verified more strictly than by its characters.
 */
type Rule =
  | 'one'
  | 'token'
  | 'credential'
  | 'many'
  | 'method-override'
  | 'rewritten-target'
  | 'identity-header'
  | 'content-encoding';

const rules = new Map<string, Rule>(
  Object.entries({
    host: 'token',
    'content-length': 'token',
    'content-type': 'token',
    'transfer-encoding': 'token',
    authorization: 'credential',
    'txn-token': 'credential',
    'x-request-id': 'token',
    'fencing-token': 'token',
    'user-id': 'token',
    'session-id': 'token',
    'idempotency-key': 'token',
    origin: 'token',
    upgrade: 'token',
    'sec-websocket-key': 'token',
    'sec-websocket-version': 'token',
    accept: 'many',
    'accept-encoding': 'many',
    'accept-language': 'many',
    'cache-control': 'many',
    via: 'many',
    forwarded: 'many',
    'x-forwarded-for': 'many',
    'x-http-method-override': 'method-override',
    'x-http-method': 'method-override',
    'x-method-override': 'method-override',
    'x-forwarded-prefix': 'rewritten-target',
    'x-forwarded-path': 'rewritten-target',
    'x-forwarded-uri': 'rewritten-target',
    'x-original-url': 'rewritten-target',
    'x-original-uri': 'rewritten-target',
    'x-rewrite-url': 'rewritten-target',
    'x-envoy-original-path': 'rewritten-target',
    'x-script-name': 'rewritten-target',
    'bailiwick-grant': 'identity-header',
    'x-forwarded-client-cert': 'identity-header',
    'x-client-cert': 'identity-header',
    'x-ssl-client-cert': 'identity-header',
    'ssl-client-cert': 'identity-header',
    'x-spiffe-id': 'identity-header',
    'x-forwarded-user': 'identity-header',
    'x-authenticated-user': 'identity-header',
    'x-remote-user': 'identity-header',
    'remote-user': 'identity-header',
    'x-tenant': 'identity-header',
    'x-tenant-id': 'identity-header',
    'content-encoding': 'content-encoding',
  } satisfies Record<string, Rule>),
);

/**
 * Listing these in Connection would make a server drop what its neighbour relies on (RFC 9110 7.6.1): who is calling,
 * and under what condition, or how often, something is to be done.
 */
const neverListed = new Set([
  'host',
  'content-length',
  'content-type',
  'transfer-encoding',
  'authorization',
  'txn-token',
  'bailiwick-grant',
  'x-request-id',
  'cookie',
  'bailiwick-csrf',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'last-event-id',
  'origin',
  'sec-fetch-mode',
  'sec-fetch-site',
  'session-id',
  'user-id',
  'x-audit-log-reason',
]);
/** A body has no meaning with these methods (RFC 9110 9.3.1, 9.3.2); nor with OPTIONS here. */
const bodiless: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const none: ReadonlySet<string> = new Set();
const chunked = /^chunked$/i;
const lowerCased = new Map<string, string>();

/** Lower-cases without allocating a new string for the names that every request has. */
function lower(name: string): string {
  const known = lowerCased.get(name);
  if (known !== undefined) return known;
  const made = name.toLowerCase();
  if (lowerCased.size < 256) lowerCased.set(name, made);
  return made;
}

/**
 * Accepts a header section only if it is unambiguous: nothing that must be single occurs twice or joined, no underscore
 * twin of a header, nothing that requests another method, target or caller, and one clear framing of the body.
 */
export function canonicalHeaders(
  method: string,
  rawHeaders: readonly string[],
  options: { readonly isPublic: boolean },
): Verdict<CanonicalHeaders, HeadersFault> {
  if (rawHeaders.length > maxHeaders * 2) return reject('too-many-headers');
  const headers = new Map<string, string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = lower(rawHeaders[index] ?? '');
    const value = rawHeaders[index + 1] ?? '';
    if (name.includes('_')) return reject('underscore-header');
    const rule = rules.get(name) ?? 'one';
    const fault = valueFault(rule, value, headers.has(name), options.isPublic);
    if (fault !== undefined) return reject(fault);
    if (rule !== 'many' || !headers.has(name)) headers.set(name, value);
    else headers.set(name, `${headers.get(name)}, ${value}`);
  }
  const framing = framingOf(method, headers);
  if (typeof framing === 'string') return reject(framing);
  const connectionListed = listed(headers.get('connection'));
  if (!connectionListed) return reject('connection-listed');
  return accept({ headers, connectionListed, bodyExpected: framing.bodyExpected });
}

function valueFault(rule: Rule, value: string, seen: boolean, isPublic: boolean): HeaderFault | undefined {
  switch (rule) {
    case 'many':
      return undefined;
    case 'one':
      return seen ? 'repeated-header' : undefined;
    case 'credential':
    case 'token':
      if (seen) return 'repeated-header';
      if (value.includes(',')) return 'joined-header';
      return rule === 'token' && /[^ -~]/.test(value) ? 'header-value' : undefined;
    case 'content-encoding':
      return value.toLowerCase() === 'identity' && !seen ? undefined : 'content-encoding';
    case 'identity-header':
      // From the public it is dropped, as is every header that is not on the list of forwarded ones.
      return isPublic ? undefined : 'identity-header';
    case 'method-override':
    case 'rewritten-target':
      return rule;
  }
}

/** RFC 9112 6: how long is the body? A string is a fault. */
function framingOf(method: string, headers: ReadonlyMap<string, string>): FramingFault | { bodyExpected: boolean } {
  if (!/^[A-Za-z0-9.\-:[\]]+$/.test(headers.get('host') ?? '')) return 'host';
  const length = headers.get('content-length');
  const encoding = headers.get('transfer-encoding');
  if (length !== undefined && encoding !== undefined) return 'framing';
  if (encoding !== undefined && !chunked.test(encoding)) return 'framing';
  if (length !== undefined && !/^(?:0|[1-9]\d{0,15})$/.test(length)) return 'framing';
  if (length !== undefined && Number(length) > maxBodyBytes) return 'body-too-large';
  const bodyExpected = encoding !== undefined || (length !== undefined && length !== '0');
  return bodyExpected && bodiless.has(method) ? 'body-not-expected' : { bodyExpected };
}

function listed(connection: string | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return none;
  const names = new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
  for (const name of names) if (neverListed.has(name)) return undefined;
  return names;
}
