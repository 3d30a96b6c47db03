import createClient from 'openapi-fetch';
import type { paths } from '#services/contracts/api.ts';
import { problemOf, unreachable } from './problem.ts';
import { isMarkedSignedIn, refreshSession, SessionOver } from './session.ts';

/**
 * Every operation of the API, with types generated from its description: `api.GET('/v1/me')`.
 * @throws Problem if the API refuses
 * @throws SessionOver if nobody is signed in any more
 */
export const api = createClient<paths, 'application/json'>({
  baseUrl: location.origin,
  credentials: 'same-origin',
  fetch: carry,
});

/**
 * Sends a request. If the short-lived token has expired, renews the session and retries once. Every request but GET
 * carries the header that other sites cannot send (CSRF), and every POST an idempotency key.
 */
async function carry(request: Request): Promise<Response> {
  const signsIn = new URL(request.url).pathname === ('/v1/auth/one-time' satisfies keyof paths);
  if (!signsIn && !isMarkedSignedIn()) throw new SessionOver();
  if (request.method !== 'GET') request.headers.set('bailiwick-csrf', '1');
  if (request.method === 'POST') request.headers.set('idempotency-key', crypto.randomUUID());
  const again = request.clone();
  const askedAt = Date.now();
  let response = await send(request);
  if (response.status === 401 && !signsIn) {
    await refreshSession(askedAt);
    response = await send(again);
    if (response.status === 401) throw new SessionOver();
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

const send = (request: Request): Promise<Response> =>
  fetch(request).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw unreachable();
  });

/** The body of an operation's response; undefined if its description has none. */
export async function valueOf<Value>(call: Promise<{ data?: Value }>): Promise<Value> {
  const { data } = await call;
  // A refusal was thrown; any other response is as described.
  return data as Value;
}
