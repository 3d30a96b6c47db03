import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { describeCustodian } from './custodian.contract.ts';
import { createFileCustodian } from './file-custodian.ts';

const folders: string[] = [];
const context = Buffer.from('context');
const dataKey = randomBytes(32);

async function settings() {
  const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-custodian-'));
  folders.push(folder);
  return { folder, keyBase64: randomBytes(32).toString('base64') };
}

afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

describeCustodian('files', async () => {
  const given = await settings();
  return { custodian: createFileCustodian(given), reopen: async () => createFileCustodian(given) };
});

test('keeps its files from everybody else, and leaves nothing beside them', async () => {
  const given = await settings();
  const custodian = createFileCustodian(given);
  await custodian.createKey('tenant-a');
  await custodian.rotate('tenant-a');
  expect(await readdir(given.folder)).toEqual(['tenant-a.key']);
  expect((await stat(path.join(given.folder, 'tenant-a.key'))).mode & 0o777).toBe(0o600);
  await custodian.destroyKey('tenant-a');
  expect(await readdir(given.folder)).toEqual([]);
});

test("does not open another custodian's files", async () => {
  const given = await settings();
  await createFileCustodian(given).createKey('tenant-a');
  const other = createFileCustodian({ ...given, keyBase64: randomBytes(32).toString('base64') });
  await expect(other.wrap('tenant-a', dataKey, context)).rejects.toMatchObject({ code: 'keyring.custodian-key' });
});

test("does not take one key's file for another's, an edited or a shortened one", async () => {
  const given = await settings();
  const custodian = createFileCustodian(given);
  await custodian.createKey('tenant-a');
  const file = path.join(given.folder, 'tenant-a.key');
  const good = await readFile(file);
  const edited = Buffer.from(good);
  edited.writeUInt32BE(2, 4);
  await writeFile(file, edited);
  await expect(custodian.versions('tenant-a')).rejects.toMatchObject({ code: 'keyring.custodian-key' });
  await writeFile(file, good.subarray(0, 6));
  await expect(custodian.versions('tenant-a')).rejects.toMatchObject({ code: 'keyring.damaged' });
  await writeFile(file, good);
  expect(await custodian.versions('tenant-a')).toMatchObject([{ version: 1 }]);
  await rename(file, path.join(given.folder, 'tenant-b.key'));
  await expect(custodian.versions('tenant-b')).rejects.toMatchObject({ code: 'keyring.custodian-key' });
});

test('notices a rotation and a destruction by another process at the next use', async () => {
  const given = await settings();
  const mine = createFileCustodian(given);
  const theirs = createFileCustodian(given);
  await mine.createKey('tenant-a');
  await mine.wrap('tenant-a', dataKey, context);
  await theirs.rotate('tenant-a');
  expect((await mine.wrap('tenant-a', dataKey, context)).version).toBe(2);
  await theirs.destroyKey('tenant-a');
  await expect(mine.wrap('tenant-a', dataKey, context)).rejects.toMatchObject({ code: 'keyring.unknown-key' });
});

test('gives every rotation asked for at once a version of its own', async () => {
  const custodian = createFileCustodian(await settings());
  await custodian.createKey('tenant-a');
  const versions = await Promise.all([1, 2, 3, 4].map(() => custodian.rotate('tenant-a')));
  expect(versions.sort()).toEqual([2, 3, 4, 5]);
});

test('says that keys are unavailable when the disk fails, and does not call it a missing key', async () => {
  const given = await settings();
  const file = path.join(given.folder, 'not-a-folder');
  await writeFile(file, '');
  const custodian = createFileCustodian({ ...given, folder: file });
  await expect(custodian.createKey('tenant-a')).rejects.toMatchObject({ code: 'keyring.unavailable' });
  await expect(custodian.wrap('tenant-a', dataKey, context)).rejects.toMatchObject({ code: 'keyring.unavailable' });
});
