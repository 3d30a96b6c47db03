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
