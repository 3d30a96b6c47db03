import { expect, test } from 'vitest';
import { searchPrefix, sourceOf, sourceTitles } from './sources.ts';

test.each([
  ['https://www.youtube.com/watch?v=x', 'youtube'],
  ['https://artist.bandcamp.com/track/x', 'bandcamp'],
  ['https://open.spotify.com/track/x', 'spotify'],
  ['https://music.apple.com/gb/album/x/1', 'applemusic'],
  ['spsearch:harbour lights', 'spotify'],
  ['ytsearch:https://open.spotify.com/track/x', 'youtube'],
])('%s needs %s', (identifier, source) => {
  expect(sourceOf(identifier)).toBe(source);
});

test.each([
  'https://notspotify.com/x',
  'https://open.spotify.com.example.org/x',
  'https://music.sandbox.test/x',
  'x:y',
])('whatever a node has may play %s', (identifier) => {
  expect(sourceOf(identifier)).toBeUndefined();
});

test('searches where a node can, and as the settings say if that is possible', () => {
  expect(searchPrefix('ytmsearch', ['youtube', 'soundcloud'])).toBe('ytmsearch');
  expect(searchPrefix('ytmsearch', ['soundcloud', 'http'])).toBe('scsearch');
  expect(searchPrefix('ytmsearch', ['http'])).toBe('ytmsearch');
  expect(searchPrefix('ytmsearch', undefined)).toBe('ytmsearch');
  expect(searchPrefix('mysearch', ['http'])).toBe('mysearch');
});

test('names music services as people call them, and no files', () => {
  expect(sourceTitles(['youtube', 'http', 'applemusic', 'local'])).toBe('YouTube, Apple Music');
});
