import { expect, test } from 'vitest';
import { linkIn, menuNamed } from './menus.ts';

const link = 'https://music.example/track/1';

test.each([
  ['the link', link],
  ['the first of two', `${link} and https://music.example/track/2`],
  ['a link in a sentence', `Listen to ${link}, it is good.`],
  ['a link in brackets', `(${link})`],
  ['a link without a preview', `<${link}>`],
  ['a link that is named', `[good](${link})!`],
  ['a link in bold', `**${link}**`],
])('finds %s', (_what, content) => {
  expect(linkIn({ content })).toBe(link);
});

test('keeps what belongs to a link', () => {
  const wiki = 'https://music.example/wiki/Song_(film)?t=1&x=a.b';
  expect(linkIn({ content: `${wiki}!` })).toBe(wiki);
});

test('takes the first attachment of a message without a link, and nothing where there is neither', () => {
  const attachments = [{ url: 'https://cdn.example/a.mp3' }, { url: 'https://cdn.example/b.mp3' }];
  expect(linkIn({ content: 'this one', attachments })).toBe('https://cdn.example/a.mp3');
  expect(linkIn({ content: link, attachments })).toBe(link);
  for (const content of ['', 'music.example/track/1', 'ftp://music.example', 'https://', 'javascript:alert(1)'])
    expect(linkIn({ content })).toBeUndefined();
});

test('passes over a link that no query can be', () => {
  expect(linkIn({ content: `https://music.example/${'x'.repeat(500)} ${link}` })).toBe(link);
});

test('knows an entry only in its own menu', () => {
  expect(menuNamed('Play this', 3)).toMatchObject({ command: 'play' });
  expect(menuNamed('Play this', 2)).toBeUndefined();
  expect(menuNamed('Play this', 1)).toBeUndefined();
  expect(menuNamed('constructor', 3)).toBeUndefined();
});
