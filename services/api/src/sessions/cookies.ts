import type { FastifyReply, FastifyRequest } from 'fastify';
import '@fastify/cookie';
import { callerFault } from '#infra/kernel/errors.ts';

/**
 * The names bind each cookie to this host, this scheme and the whole path (RFC 6265bis, 4.1.3.2): a subdomain or a page
 * without TLS cannot plant one. Browsers accept them from loopback addresses as well.
 */
export const cookieNames = {
  access: '__Host-bailiwick',
  refresh: '__Host-bailiwick-refresh',
  signIn: '__Host-bailiwick-sign-in',
  signedIn: '__Host-bailiwick-signed-in',
} as const;

const base = { path: '/', secure: true } as const;
/** A script may learn only that somebody is signed in, which proves nothing: it spares the portal a request. */
const httpOnly = (name: keyof typeof cookieNames): boolean => name !== 'signedIn';

/** Lax for what must come back with the browser when Discord redirects it here; Strict for everything else. */
export function setCookie(
  reply: FastifyReply,
  name: keyof typeof cookieNames,
  value: string,
  maxAgeSec: number,
): FastifyReply {
  const sameSite = name === 'signIn' ? 'lax' : 'strict';
  return reply.setCookie(cookieNames[name], value, { ...base, httpOnly: httpOnly(name), sameSite, maxAge: maxAgeSec });
}

export function clearCookies(reply: FastifyReply, ...names: (keyof typeof cookieNames)[]): FastifyReply {
  for (const name of names)
    reply.clearCookie(cookieNames[name], { ...base, httpOnly: httpOnly(name), sameSite: 'strict' });
  return reply;
}

/**
 * The one value of a cookie.
 * @throws BailiwickError session.ambiguous (401) if it appears twice: one of them was planted.
 */
export function cookieOf(request: FastifyRequest, name: keyof typeof cookieNames): string | undefined {
  const prefix = `${cookieNames[name]}=`;
  const values = (request.headers.cookie ?? '').split(';').flatMap((pair) => {
    const text = pair.trim();
    return text.startsWith(prefix) ? [text.slice(prefix.length)] : [];
  });
  // An empty cookie is one that was cleared.
  if (values.length <= 1) return values[0] || undefined;
  throw callerFault(
    'session.ambiguous',
    'There are two session cookies. Sign out or clear your cookies, then sign in.',
    401,
  );
}
