import { expect, test } from 'vitest';
import { largestFileMb, playableFile } from './attached-file.ts';

const song = {
  url: 'https://cdn.discordapp.com/attachments/1/2/song.mp3?ex=1&is=1&hm=1',
  filename: 'song.mp3',
  size: 4_000_000,
  contentType: 'audio/mpeg',
};

test.each([
  ['a song', song],
  ['a video with sound', { ...song, filename: 'clip.mp4', contentType: 'video/mp4' }],
  ['an Ogg file', { ...song, filename: 'a.ogg', contentType: 'application/ogg; codecs=opus' }],
  ['a song whose type Discord does not know', { ...song, filename: 'A.FLAC', contentType: undefined }],
  ['the largest', { ...song, size: largestFileMb * 1_000_000 }],
])('%s can be played', (_name, file) => {
  expect(playableFile(file)).toEqual({ ok: true, value: song.url });
});

test.each([
  ['a picture', { ...song, contentType: 'image/png' }, 'not-audio'],
  ['a program that is named like a song', { ...song, contentType: 'application/x-msdownload' }, 'not-audio'],
  ['a file of unknown kind', { ...song, filename: 'song', contentType: undefined }, 'not-audio'],
  [
    'a playlist file, which leads elsewhere',
    { ...song, filename: 'a.m3u8', contentType: 'application/vnd.apple.mpegurl' },
    'not-audio',
  ],
  ['a file that is too large', { ...song, size: largestFileMb * 1_000_000 + 1 }, 'too-large'],
  ['a file of unknown size', { ...song, size: undefined }, 'too-large'],
  ['a file without an address', { ...song, url: undefined }, 'no-address'],
  ['a file at an unencrypted address', { ...song, url: 'http://cdn.discordapp.com/a.mp3' }, 'no-address'],
  ['a file at too long an address', { ...song, url: `https://cdn.discordapp.com/${'a'.repeat(500)}` }, 'no-address'],
] as const)('%s cannot', (_name, file, fault) => {
  expect(playableFile(file)).toEqual({ ok: false, fault });
});
