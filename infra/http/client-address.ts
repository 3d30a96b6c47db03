import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import proxyAddr from '@fastify/proxy-addr';
import { z } from 'zod';

/** Addresses and ranges of the reverse proxies whose X-Forwarded-For is believed: `10.0.0.0/8`, `loopback`. */
export const trustedProxiesSchema = z
  .array(z.string().max(64).refine(isRange, 'must be an IP address, a range of them (10.0.0.0/8) or loopback'))
  .max(100)
  .readonly();

/** Where people reach the platform: an address of this machine, and who may stand before it. */
export interface PublicListen {
  readonly host: string;
  readonly port: number;
  readonly trustedProxies: readonly string[];
}

/**
 * Whose request it is, at a listener that reverse proxies may stand before: the last address of X-Forwarded-For that is
 * none of theirs. What a proxy that is trusted was told by nobody knows who counts for nothing, since each adds behind
 * it. An address that is none, and a header that came by no trusted proxy, leave the address of the connection.
 */
export function clientAddressReader(trusted: readonly string[]): (request: IncomingMessage) => string {
  const ofConnection = ({ socket }: IncomingMessage) => socket.remoteAddress ?? '';
  if (trusted.length === 0) return ofConnection;
  const isTrusted = proxyAddr.compile([...trusted]);
  return (request) => {
    // A connection that is gone already has no address.
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
