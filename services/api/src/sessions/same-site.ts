import type { FastifyRequest } from 'fastify';
import { callerFault } from '#infra/kernel/errors.ts';

/** No form and no other site's script can send it without asking first (CORS), and the answer to that is no. */
export const csrfHeader = 'bailiwick-csrf';
const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Did a page of ours ask for this change? A browser attaches cookies whoever asks, so for what they authenticate two
 * things must say so: the header above, and where the browser says that the request comes from (Fetch Metadata; Origin
 * where it tells nothing).
 * @throws BailiwickError session.cross-site (403)
 */
export function assertSameSite(request: FastifyRequest, publicUrl: string): void {
  if (safe.has(request.method)) return;
  const { [csrfHeader]: header, 'sec-fetch-site': site, origin } = request.headers;
  const sameOrigin = site === undefined ? origin === new URL(publicUrl).origin : site === 'same-origin';
  if (header === '1' && sameOrigin) return;
  throw callerFault('session.cross-site', 'This request did not come from a page of this origin.', 403);
}
