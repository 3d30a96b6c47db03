import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import proxyAddr from '@fastify/proxy-addr';
import { z } from 'zod';

/** Addresses and ranges of the reverse proxies whose X-Forwarded-For is trusted: `10.0.0.0/8`, `loopback`. */
export const trustedProxiesSchema = z
  .array(z.string().max(64).refine(isRange, 'must be an IP address, an IP range (10.0.0.0/8) or loopback'))
  .max(100)
  .readonly();

/** Where people reach the platform: an address of this machine, and the reverse proxies in front of it. */
export interface PublicListen {
  readonly host: string;
  readonly port: number;
  readonly trustedProxies: readonly string[];
}

/**
 * The client's address at a listener that may be behind reverse proxies: the last address of X-Forwarded-For that is
 * not one of theirs. Earlier entries are ignored, because each proxy appends and anybody may have sent them. If an
 * entry is not an address, or the header does not come from a trusted proxy, the address of the connection counts.
 */
export function clientAddressReader(trusted: readonly string[]): (request: IncomingMessage) => string {
  const ofConnection = ({ socket }: IncomingMessage) => socket.remoteAddress ?? '';
  if (trusted.length === 0) return ofConnection;
  const isTrusted = proxyAddr.compile([...trusted]);
  return (request) => {
    // A closed connection no longer has an address.
    if (request.socket.remoteAddress === undefined) return '';
    const told = proxyAddr(request, isTrusted);
    return isIP(told) === 0 ? ofConnection(request) : told;
  };
}

function isRange(value: string): boolean {
  try {
    proxyAddr.compile(value);
    return value !== '';
  } catch {
    return false;
  }
}

/**
 * The unit in which addresses are counted, wherever they are. IPv6 customers have at least a /64 (RFC 6177), so a whole
 * /64 is one client; an IPv4 address written as IPv6 counts as that IPv4 address.
 */
export function visitorOf(address: string): string {
  const [plain = ''] = address.split('%', 1);
  if (isIP(plain) !== 6) return address;
  const groups = groupsOf(plain);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped)
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight numbers of an IPv6 address. URL normalises it, with the last 32 bits in hexadecimal (RFC 5952). */
function groupsOf(address: string): number[] {
  const [before = '', after] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const numbers = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  if (after === undefined) return numbers(before);
  const [left, right] = [numbers(before), numbers(after)];
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right];
}
