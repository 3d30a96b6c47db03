import { check, deny, pass } from './check.ts';
import { methods } from '../routes/route-table.ts';
import { canonicalHeaders } from './canonical-headers.ts';
import { canonicalTarget } from './canonical-target.ts';

/**
 * Can this request be read in one way only? What two servers could read differently is refused, never normalised (RFC
 * 9112 11.2, request smuggling).
 */
export const canonicalRequest = check<unknown>('canonical-request', (exchange) => {
  const { method, url, httpVersion, rawHeaders } = exchange.raw;
  if (!methods.has(method)) return deny('canonical-request.method', { allow: [...methods] });
  if (httpVersion !== '1.1') return deny('canonical-request.http-version');
  const target = canonicalTarget(url);
  if (!target.ok) return deny(`canonical-request.${target.fault}`);
  const headers = canonicalHeaders(method, rawHeaders, { isPublic: exchange.peer === undefined });
  if (!headers.ok) return deny(`canonical-request.${headers.fault}`);
  return pass.with({ ...target.value, ...headers.value });
});
