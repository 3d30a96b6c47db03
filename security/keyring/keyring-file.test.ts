import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deriveKey, openRootKey } from './keyring-file.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-keyring-'));
  file = path.join(folder, 'root.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('gives the same root key for the same passphrase, however its accents are typed', async () => {
  const first = await openRootKey({ file, passphrase: 'caf\u00e9 au lait' });
  const again = await openRootKey({ file, passphrase: 'cafe\u0301 au lait' });
  expect(again.equals(first)).toBe(true);
});

test('refuses another passphrase and leaves the file as it is', async () => {
  await openRootKey({ file, passphrase: 'right' });
  const before = await readFile(file, 'utf8');
  await expect(openRootKey({ file, passphrase: 'wrong' })).rejects.toMatchObject({ code: 'keyring.wrong-passphrase' });
  expect(await readFile(file, 'utf8')).toBe(before);
});

test('makes a key file at the first start, and opens with it alone', async () => {
  const keyFile = path.join(folder, 'root.key');
  const first = await openRootKey({ file, keyFile });
  expect((await openRootKey({ file, keyFile })).equals(first)).toBe(true);
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  await writeFile(keyFile, 'another key of thirty-two bytes!!');
  await expect(openRootKey({ file, keyFile })).rejects.toMatchObject({ code: 'keyring.wrong-key-file' });
  await rm(keyFile);
  await expect(openRootKey({ file, keyFile })).rejects.toMatchObject({ code: 'keyring.no-key-file' });
});

test('says by what the keyring is sealed when it is opened by something else', async () => {
  await openRootKey({ file, passphrase: 'right' });
  const attempt = openRootKey({ file, keyFile: path.join(folder, 'root.key') });
  await expect(attempt).rejects.toThrow(/sealed by a passphrase/);
});

test('refuses a damaged file', async () => {
  await openRootKey({ file, passphrase: 'right' });
  await writeFile(file, '{"format":"bailiwick-root-key/1"');
  await expect(openRootKey({ file, passphrase: 'right' })).rejects.toMatchObject({ code: 'keyring.damaged' });
});

test('lets two starts at the same time agree on one root key', async () => {
  const [one, other] = await Promise.all([
    openRootKey({ file, passphrase: 'p' }),
    openRootKey({ file, passphrase: 'p' }),
  ]);
  expect(one.equals(other)).toBe(true);
});

test('derives another key for another purpose, and the same for the same', async () => {
  const root = await openRootKey({ file, passphrase: 'p' });
  expect(deriveKey(root, 'a')).toEqual(deriveKey(root, 'a'));
  expect(deriveKey(root, 'a')).not.toEqual(deriveKey(root, 'b'));
  expect(deriveKey(root, 'a')).toHaveLength(32);
});
