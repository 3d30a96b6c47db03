import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { clientAddressReader, trustedProxiesSchema, visitorOf } from './client-address.ts';

const ask = (trusted: readonly string[], remoteAddress: string | undefined, forwarded?: string) =>
  clientAddressReader(trusted)({
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    socket: { remoteAddress },
  } as unknown as IncomingMessage);

test.each([
  ['nothing is trusted: the header says nothing', [], '127.0.0.1', '203.0.113.9', '127.0.0.1'],
  ['by somebody who is not trusted', ['10.0.0.0/8'], '198.51.100.4', '203.0.113.9', '198.51.100.4'],
  ['by the one proxy', ['loopback'], '127.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['by a proxy over IPv6', ['loopback'], '::1', '2001:db8::7', '2001:db8::7'],
  ['by two proxies', ['loopback', '10.0.0.0/8'], '127.0.0.1', '203.0.113.9, 10.1.2.3', '203.0.113.9'],
  ['what the client claimed before', ['loopback'], '127.0.0.1', '192.0.2.1, 203.0.113.9', '203.0.113.9'],
  ['what the client claimed to be trusted', ['10.0.0.0/8'], '10.0.0.1', '10.0.0.2, 203.0.113.9', '203.0.113.9'],
  ['no header', ['loopback'], '127.0.0.1', undefined, '127.0.0.1'],
  ['no address', ['loopback'], '127.0.0.1', 'unknown', '127.0.0.1'],
  ['an address with a port', ['loopback'], '127.0.0.1', '203.0.113.9:4711', '127.0.0.1'],
  ['a name', ['loopback'], '127.0.0.1', '203.0.113.9, localhost', '127.0.0.1'],
  ['a connection that is gone', ['loopback'], undefined, '203.0.113.9', ''],
] as const)('%s', (_, trusted, remote, forwarded, expected) => {
  expect(ask(trusted, remote, forwarded)).toBe(expected);
});

test.each(['10.0.0.0/8', '127.0.0.1', '::1', 'fd00::/8', 'loopback'])('%s can be trusted', (range) => {
  expect(trustedProxiesSchema.parse([range])).toEqual([range]);
});

test.each(['', '*', 'proxy.example.com', '10.0.0.0/33', '0.0.0.0/0', '10.0.0.0/x'])('%j cannot', (range) => {
  expect(trustedProxiesSchema.safeParse([range]).success).toBe(false);
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:c000:207', '192.0.2.7'],
  ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:ffff::', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['unknown', 'unknown'],
  ['', ''],
])('%j is counted as %j', (address, visitor) => {
  expect(visitorOf(address)).toBe(visitor);
});
