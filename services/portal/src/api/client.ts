import { problemOf, unreachable } from './problem.ts';
import { refreshSession, SessionOver } from './session.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Ask {
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Answer<Value> {
  readonly value: Value;
  readonly headers: Headers;
}

/** An address with its query; what is undefined is left out. */
export function address(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  if (given.length === 0) return path;
  return `${path}?${new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()}`;
}

/**
 * Asks the API. A session whose short token ran out is renewed once and the question asked again; what changes something
 * carries the header that other sites cannot send, and a key that makes asking twice the same as asking once.
 * @throws Problem; SessionOver when nobody is signed in any more
 */
export async function ask<Value>(method: Method, path: string, given: Ask = {}): Promise<Answer<Value>> {
  const request = () => send(method, path, given);
  const headers: Record<string, string> = { ...given.headers };
  if (method === 'POST') headers['idempotency-key'] = crypto.randomUUID();
  const askedAt = Date.now();
  let response = await request().catch(fail);
  if (response.status === 401) {
    await refreshSession(askedAt);
    response = await request().catch(fail);
    if (response.status === 401) throw new SessionOver();
  }
  if (!response.ok) throw await problemOf(response);
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  const value = (response.status === 204 || !isJson ? undefined : await response.json()) as Value;
  return { value, headers: response.headers };

  function send(verb: Method, at: string, { query, body, signal }: Ask): Promise<Response> {
    const safe = verb === 'GET';
    return fetch(address(at, query), {
      method: verb,
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        ...(safe ? {} : { 'bailiwick-csrf': '1' }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

function fail(error: unknown): never {
  if (error instanceof DOMException && error.name === 'AbortError') throw error;
  throw unreachable();
}

const valueOf = async <Value>(answer: Promise<Answer<Value>>): Promise<Value> => (await answer).value;

/** The same by verb, for where only the value matters. */
export const api = {
  get: <Value>(path: string, given?: Ask) => valueOf(ask<Value>('GET', path, given)),
  post: <Value>(path: string, body?: unknown, given?: Ask) => valueOf(ask<Value>('POST', path, { ...given, body })),
  put: <Value>(path: string, body?: unknown, given?: Ask) => valueOf(ask<Value>('PUT', path, { ...given, body })),
  delete: <Value>(path: string, given?: Ask) => valueOf(ask<Value>('DELETE', path, given)),
};
