import { expect, test } from 'vitest';
import { withFiles } from './message-files.ts';

const file = { id: '0', filename: 'playlist.json', content: '{}' };
const { content: _content, ...told } = file;

test('the content of a file becomes a part, wherever the message is', () => {
  const parts = [{ name: 'playlist.json', data: '{}', contentType: 'application/json' }];
  expect(withFiles({ content: 'x', attachments: [file] })).toEqual({
    body: { content: 'x', attachments: [told] },
    files: parts,
  });
  expect(withFiles({ type: 4, data: { content: 'x', attachments: [file] } })).toEqual({
    body: { type: 4, data: { content: 'x', attachments: [told] } },
    files: parts,
  });
});

test('what has none stays as it is', () => {
  for (const body of [
    undefined,
    { content: 'x' },
    { type: 5 },
    { type: 4, data: { content: 'x' } },
    { content: 'x', attachments: [] },
    { content: 'x', attachments: [{ id: '7' }] },
  ])
    expect(withFiles(body)).toEqual({ body, files: [] });
});

test('refuses anything but one small text file', () => {
  for (const attachments of [
    [file, file],
    [file, { id: '7' }],
    [{ ...file, filename: '../playlist.json' }],
    [{ ...file, filename: 'playlist.exe' }],
    [{ ...file, content: '' }],
    [{ ...file, content: 'x'.repeat(256 * 1024 + 1) }],
    [{ ...file, url: 'https://example.com' }],
  ])
    expect(withFiles({ content: 'x', attachments })).toBeUndefined();
});
