import { lookup, type LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { callbackify } from 'node:util';

/** Special-purpose addresses (IANA registry, RFC 6890); of IPv6, only what lies in 2000::/3 is routed at all. */
const special = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  special.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  special.addSubnet(network, prefix, 'ipv6');
const routed = new BlockList();
routed.addSubnet('2000::', 3, 'ipv6');

/** Whether an address is one of the public internet, and not of this machine or a private network. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special.check(address, 'ipv4');
    case 6:
      return routed.check(address, 'ipv6') && !special.check(address, 'ipv6');
    default:
      return false;
  }
}

/**
 * Whether a host that a customer named may be asked at all: a name, a public address, or one of the allowed hosts. What
 * a name stands for is checked when it is resolved (`publicLookup`).
 */
export function mayBeAsked({ hostname }: Pick<URL, 'hostname'>, allowedHosts: readonly string[]): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return allowedHosts.includes(host) || isIP(host) === 0 || isPublicAddress(host);
}

/**
 * Resolves names for connections to hosts that customers chose: what is connected to is what was checked, so a name that
 * changes its address gets no further. A name with any address of a private network is refused, except those of the
 * allowed hosts.
 * @param nameServers by default those of the system
 */
export function publicLookup(allowedHosts: readonly string[], nameServers?: readonly string[]): LookupFunction {
  return (hostname, options, callback) => {
    if (allowedHosts.includes(hostname)) return lookup(hostname, options, callback);
    resolve(hostname, nameServers, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error || !first) callback(error ?? notPublic(), '');
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** For both families together; a customer's name server may not hold anybody up for longer. */
const resolvesWithin = { timeout: 2_000, tries: 2 };

/**
 * Asks name servers alone, without the threads of the process: the system's own resolution occupies one of four until a
 * name server of the customer's has answered, and files and keys wait for those, too.
 */
async function resolvePublic(hostname: string, nameServers: readonly string[] | undefined): Promise<LookupAddress[]> {
  // Of this machine (RFC 6761, 6.3), whatever a name server says.
  if (/(?:^|\.)localhost\.?$/i.test(hostname)) throw notPublic();
  const resolver = new Resolver(resolvesWithin);
  if (nameServers) resolver.setServers(nameServers);
  const [four, six] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const addresses = [
    ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
    ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
  ];
  if (addresses.length === 0 && four.status === 'rejected') throw four.reason;
  if (addresses.length === 0 || !addresses.every(({ address }) => isPublicAddress(address))) throw notPublic();
  return addresses;
}

const resolve = callbackify(resolvePublic);

const notPublic = (): Error => new Error('The host is not on the public internet.');
