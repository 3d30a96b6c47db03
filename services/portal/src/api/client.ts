import createClient from 'openapi-fetch';
import type { paths } from '#services/contracts/api.ts';
import { problemOf, unreachable } from './problem.ts';
import { isMarkedSignedIn, refreshSession, SessionOver } from './session.ts';

/**
 * Every operation of the API with its own types, made from the API's description: `api.GET('/v1/me')`. A refusal is
 * thrown as a Problem, and as SessionOver when nobody is signed in any more.
 */
export const api = createClient<paths, 'application/json'>({
  baseUrl: location.origin,
  credentials: 'same-origin',
  fetch: carry,
});

/**
 * Sends a request. A session whose short token ran out is renewed once and the request sent again; what changes
 * something carries the header that other sites cannot send, and a key that makes asking twice the same as asking once.
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

/** What an operation answered; nothing where its description says that nothing is. */
export async function valueOf<Value>(call: Promise<{ data?: Value }>): Promise<Value> {
  const { data } = await call;
  // What was refused was thrown, and what was not is as it is described.
  return data as Value;
}
