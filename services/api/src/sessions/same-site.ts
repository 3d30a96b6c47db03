import type { FastifyRequest } from 'fastify';
import { callerFault } from '#infra/kernel/errors.ts';

/** No form and no other site's script can send it without a CORS preflight, and the answer to that is no. */
export const csrfHeader = 'bailiwick-csrf';
const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Did a page of ours request this change? A browser attaches cookies for every page, so for what they authenticate two
 * things must confirm it: the header above, and the browser's statement of where the request comes from (Fetch
 * Metadata, or Origin without it).
 * @throws BailiwickError session.cross-site (403)
 */
export function assertSameSite(request: FastifyRequest, publicUrl: string): void {
  if (safe.has(request.method)) return;
  const { [csrfHeader]: header, 'sec-fetch-site': site, origin } = request.headers;
  const sameOrigin = site === undefined ? origin === new URL(publicUrl).origin : site === 'same-origin';
  if (header === '1' && sameOrigin) return;
  throw callerFault('session.cross-site', 'This request did not come from a page of this origin.', 403);
}
