import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createFileCustodian } from './file-custodian.ts';
import { openWrappedRootKey, rewrapRootKey } from './wrapped-root-key.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-wrapped-root-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
const newFile = () => path.join(folder, randomUUID(), 'root.vault.json');
const newCustodian = () =>
  createFileCustodian({ folder: path.join(folder, randomUUID()), keyBase64: randomBytes(32).toString('base64') });

test('is created once, also by two at the same time, and opens again', async () => {
  const [file, custodian] = [newFile(), newCustodian()];
  const [one, other] = await Promise.all([1, 2].map(() => openWrappedRootKey({ file, custodian })));
  expect(one?.export()).toEqual(other?.export());
  expect((await openWrappedRootKey({ file, custodian })).export()).toEqual(one?.export());
});

test('is in its file in no form without the custodian', async () => {
  const [file, custodian] = [newFile(), newCustodian()];
  const key = (await openWrappedRootKey({ file, custodian })).export();
  const text = await readFile(file, 'utf8');
  for (const form of ['hex', 'base64', 'base64url'] as const) expect(text).not.toContain(key.toString(form));
  await expect(openWrappedRootKey({ file, custodian: newCustodian() })).rejects.toMatchObject({
    code: 'keyring.other-custodian',
  });
});

test('moves to another custodian as the same key, and the first opens it no longer', async () => {
  const [file, from, to] = [newFile(), newCustodian(), newCustodian()];
  const key = (await openWrappedRootKey({ file, custodian: from })).export();
  for (const _again of [1, 2]) await rewrapRootKey({ file, from, to });
  expect((await openWrappedRootKey({ file, custodian: to })).export()).toEqual(key);
  await expect(openWrappedRootKey({ file, custodian: from })).rejects.toMatchObject({
    code: 'keyring.other-custodian',
  });
});

test('is refused if its file was damaged, and not replaced', async () => {
  const [file, custodian] = [newFile(), newCustodian()];
  await openWrappedRootKey({ file, custodian });
  const whole = await readFile(file, 'utf8');
  for (const damaged of ['', '{}', whole.slice(0, 40)]) {
    await writeFile(file, damaged);
    await expect(openWrappedRootKey({ file, custodian })).rejects.toMatchObject({ code: 'keyring.damaged' });
    expect(await readFile(file, 'utf8')).toBe(damaged);
  }
});
