import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { deriveKey, openRootKey } from './keyring-file.ts';

const folders: string[] = [];
let file: string;
let keyFile: string;
const passphrase = 'correct caf\u00e9 battery staple';

beforeEach(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-keyring-'));
  folders.push(folder);
  file = path.join(folder, 'deep', 'keyring.json');
  keyFile = path.join(folder, 'keyring.key');
});
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

const root = async (...args: Parameters<typeof openRootKey>) => (await openRootKey(...args)).export().toString('hex');

/** A keyring that a passphrase opens, the same one each time: what makes guessing expensive makes a test slow. */
let sealed: { readonly file: string; readonly root: string } | undefined;
async function sealedByPassphrase(): Promise<string> {
  sealed ??= { file, root: await root({ file, passphrase }) };
  if (file !== sealed.file) {
    await mkdir(path.dirname(file));
    await copyFile(sealed.file, file);
  }
  return sealed.root;
}

test('makes the root key at first use and opens the same one with the same passphrase', async () => {
  const made = await sealedByPassphrase();
  expect(Buffer.from(made, 'hex')).toHaveLength(32);
  expect(await root({ file, passphrase })).toBe(made);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const stored = await readFile(file);
  expect(stored.includes(Buffer.from(made, 'hex'))).toBe(false);
  expect(JSON.parse(stored.toString())).toMatchObject({ unlock: { by: 'passphrase', kdf: 'scrypt', n: 131_072 } });
});

test('says in a sentence that a passphrase is wrong', async () => {
  await sealedByPassphrase();
  await expect(openRootKey({ file, passphrase: 'correct caf\u00e9 battery stapl' })).rejects.toMatchObject({
    code: 'keyring.wrong-passphrase',
    message: expect.stringMatching(/^This is not the passphrase that the keyring was created with\.$/),
  });
});

test('takes the same passphrase in another Unicode form', async () => {
  const made = await sealedByPassphrase();
  expect(await root({ file, passphrase: 'correct cafe\u0301 battery staple' })).toBe(made);
});

test('makes a key file at first use, opens with it, and not with another or without', async () => {
  const made = await root({ file, keyFile });
  expect(await root({ file, keyFile })).toBe(made);
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  const good = await readFile(keyFile);
  await writeFile(keyFile, `${Buffer.alloc(32, 1).toString('base64')}\n`);
  await expect(openRootKey({ file, keyFile })).rejects.toMatchObject({ code: 'keyring.wrong-key-file' });
  await writeFile(keyFile, 'hello');
  await expect(openRootKey({ file, keyFile })).rejects.toMatchObject({ code: 'keyring.wrong-key-file' });
  await rm(keyFile);
  await expect(openRootKey({ file, keyFile })).rejects.toMatchObject({ code: 'keyring.no-key-file' });
  await writeFile(keyFile, good);
  expect(await root({ file, keyFile })).toBe(made);
});

test('makes one root key when two processes start at once', async () => {
  const roots = await Promise.all([1, 2, 3].map(() => root({ file, keyFile })));
  expect(new Set(roots).size).toBe(1);
});

test('refuses neither, both, the other way of opening, and a short passphrase', async () => {
  await expect(openRootKey({ file })).rejects.toMatchObject({ code: 'keyring.no-unlock' });
  await expect(openRootKey({ file, passphrase, keyFile })).rejects.toMatchObject({ code: 'keyring.no-unlock' });
  await expect(openRootKey({ file, passphrase: 'short' })).rejects.toMatchObject({ code: 'keyring.weak-passphrase' });
  await root({ file, keyFile });
  await expect(openRootKey({ file, passphrase })).rejects.toMatchObject({ code: 'keyring.other-unlock' });
});

test('refuses a file that asks for less work, and one that cannot be read', async () => {
  await sealedByPassphrase();
  const stored = await readFile(file, 'utf8');
  await writeFile(file, stored.replace('131072', '1024'));
  await expect(openRootKey({ file, passphrase })).rejects.toMatchObject({ code: 'keyring.damaged' });
  await writeFile(file, stored.replace('131072', '262144'));
  await expect(openRootKey({ file, passphrase })).rejects.toMatchObject({ code: 'keyring.wrong-passphrase' });
  await writeFile(file, stored.slice(0, 40));
  await expect(openRootKey({ file, passphrase })).rejects.toMatchObject({ code: 'keyring.damaged' });
  await writeFile(file, stored);
  await expect(openRootKey({ file, passphrase })).resolves.toBeDefined();
});

test('derives the same key for the same purpose and others for others', async () => {
  const key = await openRootKey({ file, keyFile });
  expect(deriveKey(key, 'worker')).toEqual(deriveKey(key, 'worker'));
  expect(deriveKey(key, 'worker')).toHaveLength(32);
  const derived = ['worker', 'edge', 'worker ', ''].map((purpose) => deriveKey(key, purpose).toString('hex'));
  expect(new Set([...derived, key.export().toString('hex')]).size).toBe(5);
});
