import { check, deny, pass } from '../check.ts';
import { keepable, sameBytes } from '../connection-memory.ts';
import { methods } from '../route-table.ts';
import { canonicalHeaders } from './canonical-headers.ts';
import { canonicalTarget } from './canonical-target.ts';

/**
 * Can this request be read in one way only? What two servers could read differently is refused, never normalised (RFC
 * 9112 11.2, request smuggling). A request that is byte for byte the connection's last one has already been checked.
 */
export const canonicalRequest = check<unknown>('canonical-request', (exchange) => {
  const { raw, memory } = exchange;
  if (memory?.canonical && sameBytes(memory.canonical.raw, raw)) return memory.canonical.outcome;
  const { method, url, httpVersion, rawHeaders } = raw;
  if (!methods.has(method)) return deny('canonical-request.method', { allow: [...methods] });
  if (httpVersion !== '1.1') return deny('canonical-request.http-version');
  const target = canonicalTarget(url);
  if (!target.ok) return deny(`canonical-request.${target.fault}`);
  const headers = canonicalHeaders(method, rawHeaders, { isPublic: exchange.peer === undefined });
  if (!headers.ok) return deny(`canonical-request.${headers.fault}`);
  const outcome = pass.with({ ...target.value, ...headers.value });
  if (memory && keepable(raw)) memory.canonical = { raw, outcome };
  return outcome;
});
