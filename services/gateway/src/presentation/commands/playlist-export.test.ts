import { expect, test } from 'vitest';
import { fileOf } from './playlist-export.ts';

const track = (title: string, uri: string | null = 'https://music.sandbox.test/track/x') => ({
  title,
  author: 'Somebody',
  uri,
  lengthMs: 60_000,
  source: 'sandbox',
  atMs: Date.UTC(2026, 0, 2),
});
const list = (tracks: readonly ReturnType<typeof track>[]) => ({ name: 'My “best”', tracks: [...tracks] });

test('a playlist is written as JSON that can be read again', () => {
  const { count, file, leftOut } = fileOf(list([track('One'), track('Two "quoted"')]), 'json');
  expect({ count, name: file.name, leftOut }).toEqual({ count: 2, name: 'playlist.json', leftOut: [] });
  expect(JSON.parse(file.content)).toEqual({
    name: 'My “best”',
    tracks: ['One', 'Two "quoted"'].map((title) => ({
      title,
      author: 'Somebody',
      uri: 'https://music.sandbox.test/track/x',
      lengthMs: 60_000,
      source: 'sandbox',
      addedAt: '2026-01-02T00:00:00.000Z',
    })),
  });
});

test('as links, what has none is left out, and that is told', () => {
  const { count, file, leftOut } = fileOf(list([track('One', 'https://a.test/1'), track('Two', null)]), 'links');
  expect(file).toEqual({ name: 'playlist.txt', content: 'https://a.test/1\n' });
  expect({ count, leftOut }).toEqual({ count: 1, leftOut: [{ reason: 'no-link', count: 1 }] });
});

test('what has no place in the file is left out, however much has to be escaped', () => {
  const tracks = Array.from({ length: 500 }, () => track('"\\'.repeat(200), `https://a.test/${'x'.repeat(1_900)}`));
  for (const format of ['json', 'links'] as const) {
    const { count, file, leftOut } = fileOf(list(tracks), format);
    expect(leftOut).toEqual([{ reason: 'file-full', count: 500 - count }]);
    const sent = Buffer.byteLength(JSON.stringify({ attachments: [file] }));
    expect(sent).toBeLessThan(250 * 1024);
    expect(sent).toBeGreaterThan(200 * 1024);
  }
});
