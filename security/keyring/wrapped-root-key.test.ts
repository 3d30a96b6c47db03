import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { createFileCustodian } from './file-custodian.ts';
import {
  forgetEarlierRootKey,
  openWrappedRootKeys,
  replaceWrappedRootKey,
  rewrapRootKey,
  type WrappedRootKeyOptions,
} from './wrapped-root-key.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-wrapped-root-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
const newFile = () => path.join(folder, randomUUID(), 'root.vault.json');
const clock = new FakeClock();
const open = async (options: Omit<WrappedRootKeyOptions, 'clock'>) =>
  (await openWrappedRootKeys({ ...options, clock })).current;
const newCustodian = () =>
  createFileCustodian({ folder: path.join(folder, randomUUID()), keyBase64: randomBytes(32).toString('base64') });

test('is created once, also by two at the same time, and opens again', async () => {
  const [file, custodian] = [newFile(), newCustodian()];
  const [one, other] = await Promise.all([1, 2].map(() => open({ file, custodian })));
  expect(one?.export()).toEqual(other?.export());
  expect((await open({ file, custodian })).export()).toEqual(one?.export());
});

test('is in its file in no form without the custodian', async () => {
  const [file, custodian] = [newFile(), newCustodian()];
  const key = (await open({ file, custodian })).export();
  const text = await readFile(file, 'utf8');
  for (const form of ['hex', 'base64', 'base64url'] as const) expect(text).not.toContain(key.toString(form));
  await expect(open({ file, custodian: newCustodian() })).rejects.toMatchObject({
    code: 'keyring.other-custodian',
  });
});

test('moves to another custodian as the same key, and the first opens it no longer', async () => {
  const [file, from, to] = [newFile(), newCustodian(), newCustodian()];
  const key = (await open({ file, custodian: from })).export();
  for (const _again of [1, 2]) await rewrapRootKey({ file, from, to });
  expect((await open({ file, custodian: to })).export()).toEqual(key);
  await expect(open({ file, custodian: from })).rejects.toMatchObject({
    code: 'keyring.other-custodian',
  });
});

test('is refused if its file was damaged, and not replaced', async () => {
  const [file, custodian] = [newFile(), newCustodian()];
  await open({ file, custodian });
  const whole = await readFile(file, 'utf8');
  for (const damaged of ['', '{}', whole.slice(0, 40)]) {
    await writeFile(file, damaged);
    await expect(open({ file, custodian })).rejects.toMatchObject({ code: 'keyring.damaged' });
    expect(await readFile(file, 'utf8')).toBe(damaged);
  }
});

test('is replaced after ninety days; the one before is there until it is forgotten', async () => {
  const options = { file: newFile(), custodian: newCustodian(), clock: new FakeClock() };
  const first = (await openWrappedRootKeys(options)).current.export();
  await replaceWrappedRootKey(options);
  expect((await openWrappedRootKeys(options)).current.export()).toEqual(first);

  options.clock.advance(91 * 24 * 60 * 60_000);
  // Also if it is interrupted afterwards, any number of times.
  for (const _again of [1, 2]) await replaceWrappedRootKey(options);
  const { current, earlier } = await openWrappedRootKeys(options);
  expect(earlier?.export()).toEqual(first);
  expect(current.export()).not.toEqual(first);

  const to = newCustodian();
  await rewrapRootKey({ file: options.file, from: options.custodian, to });
  const moved = await openWrappedRootKeys({ ...options, custodian: to });
  expect([moved.current.export(), moved.earlier?.export()]).toEqual([current.export(), first]);

  await forgetEarlierRootKey(options.file);
  const { current: kept, ...rest } = await openWrappedRootKeys({ ...options, custodian: to });
  expect([kept.export(), rest]).toEqual([current.export(), {}]);
});

test('takes the older versions of the key around it with it', async () => {
  const options = { file: newFile(), custodian: newCustodian(), clock: new FakeClock() };
  await openWrappedRootKeys(options);
  const before = await readFile(options.file, 'utf8');
  options.clock.advance(91 * 24 * 60 * 60_000);
  await replaceWrappedRootKey(options);
  // Until the database has the new passwords, both are needed.
  expect((await options.custodian.versions('platform')).map(({ version }) => version)).toEqual([1, 2]);
  await forgetEarlierRootKey(options.file);
  for (const _start of [1, 2]) await replaceWrappedRootKey(options);
  expect((await options.custodian.versions('platform')).map(({ version }) => version)).toEqual([2]);
  const { current } = await openWrappedRootKeys(options);
  expect(current.export()).toHaveLength(32);

  await writeFile(options.file, before);
  await expect(open(options)).rejects.toMatchObject({ code: 'keyring.other-custodian' });
});
