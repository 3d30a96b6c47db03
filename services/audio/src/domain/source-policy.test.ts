import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasExpired, identifierFor, isPublicName, type SourcePolicy } from './source-policy.ts';

const policy: SourcePolicy = { searchSource: 'ytsearch', allowedHosts: ['youtube.com', 'youtu.be', 'bandcamp.com'] };

test.each([
  ['never gonna give you up', 'ytsearch:never gonna give you up'],
  ['https://www.youtube.com/watch?v=dQw4w9WgXcQ', 'https://www.youtube.com/watch?v=dQw4w9WgXcQ'],
  ['HTTPS://YouTu.be/dQw4w9WgXcQ', 'https://youtu.be/dQw4w9WgXcQ'],
  ['http://artist.bandcamp.com/track/x', 'http://artist.bandcamp.com/track/x'],
  ['https://youtube.com:443/watch?v=1', 'https://youtube.com/watch?v=1'],
  // What another prefix would mean to a node is only searched for.
  ['scsearch:something', 'ytsearch:scsearch:something'],
  ['/etc/passwd', 'ytsearch:/etc/passwd'],
  ['local:/etc/passwd', 'ytsearch:local:/etc/passwd'],
  ['//169.254.169.254/latest', 'ytsearch://169.254.169.254/latest'],
  ['C:\\music.mp3', 'ytsearch:C:\\music.mp3'],
])('loads %s as %s', (query, identifier) => {
  expect(identifierFor(query, policy)).toEqual({ ok: true, value: identifier });
});

test.each([
  ['https://evil.example/a.mp3', 'host-not-allowed'],
  ['https://youtube.com.evil.example/a', 'host-not-allowed'],
  ['https://notyoutube.com/a', 'host-not-allowed'],
  ['https://youtube.com@evil.example/', 'credentials'],
  ['https://evil.example\\@youtube.com/', 'host-not-allowed'],
  ['https://user:pass@youtube.com/', 'credentials'],
  ['https://youtube.com:22/', 'port'],
  ['http://127.0.0.1/', 'private-host'],
  ['http://2130706433/', 'private-host'],
  ['http://0x7f.1/', 'private-host'],
  ['http://[::ffff:127.0.0.1]/', 'private-host'],
  ['http://169.254.169.254/latest/meta-data', 'private-host'],
  ['http://localhost/', 'private-host'],
  ['http://metadata.google.internal/', 'private-host'],
  ['http://printer.local/', 'private-host'],
  ['http://database/', 'private-host'],
  ['https://youtube.com./', 'private-host'],
  ['file:///etc/passwd', 'scheme'],
  ['ftp://youtube.com/a', 'scheme'],
  ['gopher://youtube.com/', 'scheme'],
  ['https://', 'malformed'],
  ['http://%', 'malformed'],
])('refuses %s as %s', (query, fault) => {
  expect(identifierFor(query, policy)).toEqual({ ok: false, fault });
});

test('whatever is typed becomes a search, an allowed address, or a refusal', () => {
  const typed = fc.oneof(
    fc.string(),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.webUrl({ authoritySettings: { withIPv4: true, withIPv6: true, withPort: true, withUserInfo: true } }),
  );
  fc.assert(
    fc.property(typed, (query) => {
      const identifier = identifierFor(query, policy);
      if (!identifier.ok || identifier.value.startsWith('ytsearch:')) return;
      const { hostname, port, username, protocol } = new URL(identifier.value);
      expect(policy.allowedHosts.some((host) => hostname === host || hostname.endsWith(`.${host}`))).toBe(true);
      expect([port, username]).toEqual(['', '']);
      expect(['http:', 'https:']).toContain(protocol);
    }),
  );
});

const part = fc.nat(255);
const privateV4 = fc.oneof(
  fc.tuple(fc.constant(10), part, part, part),
  fc.tuple(fc.constant(127), part, part, part),
  fc.tuple(fc.constant(0), part, part, part),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), part, part),
  fc.tuple(fc.constant(192), fc.constant(168), part, part),
  fc.tuple(fc.constant(169), fc.constant(254), part, part),
  fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), part, part),
);
type V4 = readonly [number, number, number, number];
const whole = (bytes: readonly number[]) => bytes.reduce((sum, byte) => sum * 256 + byte, 0);
const octal = (value: number) => `0${value.toString(8)}`;
const hex = (value: number) => `0x${value.toString(16)}`;
const pairs = ([a, b, c, d]: V4) => `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;

/** How one and the same address can be written in a URL (WHATWG URL, "IPv4 parser"; RFC 4291; RFC 6052). */
const spellings: readonly ((address: V4) => string)[] = [
  (address) => address.join('.'),
  (address) => `${address.join('.')}.`,
  (address) => String(whole(address)),
  (address) => octal(whole(address)),
  (address) => hex(whole(address)),
  (address) => `${hex(whole(address))}.`,
  (address) => address.map(octal).join('.'),
  (address) => address.map(hex).join('.'),
  (address) => address.map((value) => `0x0000${value.toString(16)}`).join('.'),
  ([a, b, c, d]) => `${a}.${whole([b, c, d])}`,
  ([a, b, c, d]) => `${octal(a)}.${hex(b)}.${whole([c, d])}`,
  (address) => `[::ffff:${address.join('.')}]`,
  (address) => `[::ffff:${pairs(address)}]`,
  (address) => `[0:0:0:0:0:FFFF:${pairs(address)}]`,
  (address) => `[::${address.join('.')}]`,
  (address) => `[64:ff9b::${address.join('.')}]`,
  (address) => `[2002:${pairs(address)}::]`,
  // Full-width digits and dots, which IDNA makes ordinary ones; and percent-encoding.
  (address) => address.join('.').replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
  (address) => address.join('\u3002'),
  (address) => address.join('%2e'),
  (address) => [...address.join('.')].map((each) => `%${each.charCodeAt(0).toString(16)}`).join(''),
];

const written = (host: fc.Arbitrary<string>) =>
  fc
    .record({
      scheme: fc.constantFrom('http://', 'https://', 'HTTP://', 'http:\\\\', 'http:/\\', 'http:///', ' https://'),
      user: fc.constantFrom('', '', 'youtube.com@', 'youtube.com:80@', 'a%40youtube.com@', 'user:word@'),
      host,
      port: fc.constantFrom('', '', ':80', ':443', ':8080'),
      path: fc.constantFrom('', '/', '/latest/meta-data', '?youtube.com', '#@youtube.com/', '/..;/x'),
    })
    .map(({ scheme, user, host: name, port, path }) => `${scheme}${user}${name}${port}${path}`);

/** Not even if the list named that host: settings refuse it, and this must not rely on them. */
function isNeverLoaded(query: string) {
  const hostname = URL.parse(query.trim())?.hostname.toLowerCase();
  const allowedHosts = [...policy.allowedHosts, ...(hostname ? [hostname] : [])];
  const identifier = identifierFor(query, { ...policy, allowedHosts });
  // As text of a search it is never an address.
  if (identifier.ok) expect(identifier.value).toMatch(/^ytsearch:/);
  else expect(['private-host', 'credentials', 'port', 'malformed']).toContain(identifier.fault);
}

test('an address of a private network is loaded in none of its spellings', () => {
  const host = fc.tuple(privateV4, fc.constantFrom(...spellings)).map(([address, spell]) => spell(address));
  fc.assert(fc.property(written(host), isNeverLoaded), { numRuns: 2_000 });
});

test('every spelling is one that a client of HTTP understands, and most of them mean the address', () => {
  const means = spellings.map((spell) => URL.parse(`http://${spell([10, 1, 2, 3])}/`)?.hostname);
  expect(means).not.toContain(undefined);
  expect(means.filter((hostname) => hostname === '10.1.2.3').length).toBeGreaterThan(12);
});

test('neither is an IPv6 address, nor a name of a private network, however it is written', () => {
  const suffixes = ['localhost', 'local', 'internal', 'intranet', 'lan', 'home.arpa'];
  const label = fc.constantFrom('db', 'metadata.google', 'printer', '\u2160', 'xn--bcher-kva', '_dmarc');
  const full = (text: string) =>
    text.replace(/[a-z]/g, (letter) => String.fromCodePoint(0xff41 + letter.charCodeAt(0) - 97));
  const name = fc
    .tuple(fc.option(label), fc.constantFrom(...suffixes), fc.constantFrom('', '.'))
    .chain(([first, suffix, dot]) => {
      const plain = `${first === null ? '' : `${first}.`}${suffix}${dot}`;
      return fc.constantFrom(plain, plain.toUpperCase(), plain.replaceAll('.', '\uff0e'), full(plain));
    });
  const v6 = fc
    .oneof(fc.ipV6(), fc.constantFrom('::1', '::', 'fe80::1', 'fc00::1', 'fd12:3456::1'))
    .map((ip) => `[${ip}]`);
  fc.assert(fc.property(written(fc.oneof(name, v6)), isNeverLoaded), { numRuns: 1_000 });
});

test('knows public names from those of private networks', () => {
  expect(['youtube.com', 'music.sandbox.test', 'a-b.c2.de'].every(isPublicName)).toBe(true);
  expect(
    ['localhost', 'a.localhost', 'x.local', '10.0.0.1', 'database', 'a..b', '-a.de', 'x.internal', ''].some(
      isPublicName,
    ),
  ).toBe(false);
});

test.each([
  ['a link that still works', 'https://cdn.discordapp.com/attachments/1/2/a.mp3?ex=3e9&is=1&hm=1', false],
  ['a link that has ended', 'https://cdn.discordapp.com/attachments/1/2/a.mp3?ex=3e8&is=1&hm=1', true],
  ['a link to the smaller version of a file', 'https://media.discordapp.net/attachments/1/2/a.mp4?ex=1', true],
  ['a link without an end', 'https://cdn.discordapp.com/attachments/1/2/a.mp3', false],
  ['a link whose end is no number', 'https://cdn.discordapp.com/attachments/1/2/a.mp3?ex=soon', false],
  ['a link of another site', 'https://music.sandbox.test/a.mp3?ex=1', false],
  ['a search', 'ytsearch:ex=1', false],
])('%s', (_name, address, expired) => {
  expect(hasExpired(address, 1_000_000)).toBe(expired);
});
