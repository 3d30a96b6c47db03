import { expect, test } from 'vitest';
import { requestedIn } from './requested.ts';

const song = { url: 'https://cdn.discordapp.com/attachments/1/2/a.mp3', filename: 'a.mp3', size: 1_000 };
const asked = (content: string, ...attachments: readonly (typeof song)[]) => requestedIn({ content, attachments });

test.each([
  ['its first link', asked('please: <https://music.test/a>, or https://music.test/b', song), 'https://music.test/a'],
  ['the file that is attached', asked('my own song', song), song.url],
  ['a file that can be played, among others', asked('', { ...song, filename: 'a.png' }, song), song.url],
  ['its words, in one line', asked('  harbour\n\n lights '), 'harbour lights'],
  ['nothing, if it has none', asked(' \n '), undefined],
  ['nothing, if it is longer than a query may be', asked('x'.repeat(501)), undefined],
  ['nothing, if only what cannot be played is attached', asked('', { ...song, size: 1e9 }), undefined],
])('a message asks for %s', (_name, query, expected) => {
  expect(query).toBe(expected);
});
