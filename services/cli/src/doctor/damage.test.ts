import { readdir, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { deriveKey, openRootKey } from '#security/keyring/keyring-file.ts';
import { freeBlock } from '#test/free-port.ts';
import { scratchFolder } from '#test/scratch.ts';
import { statusOfFolder } from '../status/of-folder.ts';
import { openDataFolder, dataPathsIn, type DataPaths } from '../up/data-folder.ts';
import { diagnose } from './doctor.ts';
import { checkMissingKeys } from './key-files.ts';
import { copyCluster } from './testing/copied-cluster.ts';

/*
 * Every file of a data folder that something depends on, emptied, truncated or overwritten: the doctor names the file
 * and says how to fix it. The database's files are copied from the PostgreSQL that the tests run on.
 */
let stack: AsyncDisposableStack;
let dataPaths: DataPaths;
let ports: number;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  const root = await scratchFolder('damage');
  stack.defer(() => rm(root, { recursive: true, force: true }));
  dataPaths = dataPathsIn(path.join(root, 'data'));
  ports = await freeBlock();
  await (await openDataFolder(dataPaths.path, { live: false }))[Symbol.asyncDispose]();
  const rootKey = await openRootKey({ file: dataPaths.rootKey, keyFile: dataPaths.keyFile });
  for (const [keeper, name] of [
    ['edge', 'tenant-of-mine'],
    ['worker', 'platform'],
  ] as const) {
    const keyBase64 = deriveKey(rootKey, `custodian/${keeper}`).toString('base64');
    await createFileCustodian({ folder: path.join(dataPaths.keyring, keeper), keyBase64 }).createKey(name);
  }
  await copyCluster(path.dirname(dataPaths.databaseVersion));
  await writeFile(dataPaths.sandboxState, '{}');
});
afterEach(() => stack.disposeAsync());

const inDatabase = (file: string) => path.join(path.dirname(dataPaths.databaseVersion), file);
const found = async () =>
  (await diagnose({ data: dataPaths.path, ports, live: false })).filter(
    ({ status, about }) => status !== 'ok' && about !== 'confinement' && about !== 'disk',
  );

async function journal(): Promise<string> {
  const [file = ''] = await readdir(inDatabase('pg_wal'));
  return inDatabase(`pg_wal/${file}`);
}

test('an undamaged installation has nothing to fix', async () => {
  expect(await found()).toEqual([]);
});

const garbage = Buffer.alloc(20_000, 0x5a);

test.each<[string, () => Promise<string>, string]>([
  ['the root key, emptied', async () => dataPaths.rootKey, ''],
  ["a tenant's key, emptied", async () => path.join(dataPaths.keyring, 'edge', 'tenant-of-mine.key'), ''],
  ['the platform key, truncated', async () => path.join(dataPaths.keyring, 'worker', 'platform.key'), 'BWK1 and'],
  ["the database's version, emptied", async () => dataPaths.databaseVersion, ''],
  ["the database's control file, truncated", async () => inDatabase('global/pg_control'), 'short'],
  ["the database's control file, overwritten", async () => inDatabase('global/pg_control'), garbage.toString()],
  ["the database's journal, emptied", journal, ''],
  ["the database's lock, overwritten", async () => dataPaths.databaseRun, 'garbage'],
  ["the sandbox's state, truncated", async () => dataPaths.sandboxState, '{"users":'],
  ['the lock of the last run, overwritten', async () => dataPaths.lock, 'garbage'],
])('%s', async (_name, which, content) => {
  const file = await which();
  await writeFile(file, content);
  const findings = (await found()).filter(({ about }) => about !== 'run' || file === dataPaths.lock);
  expect(findings).toEqual([
    { about: expect.any(String), status: expect.any(String), says: expect.any(String), fix: expect.any(String) },
  ]);
  const [{ says } = { says: '' }] = findings;
  expect(says).toMatch(file === dataPaths.rootKey ? /keyring file cannot be read/ : new RegExp(path.basename(file)));
});

test('a truncated key file of the keyring', async () => {
  await truncate(dataPaths.keyFile, 12);
  expect(await found()).toMatchObject([{ about: 'keyring', says: expect.stringContaining(dataPaths.keyFile) }]);
});

test('missing key files that something is sealed with, each by its name, and no others', async () => {
  const tenant = newTenantId();
  const lost = await checkMissingKeys(dataPaths, [
    { keeper: 'discord-edge', of: tenant },
    { keeper: 'worker', of: 'platform' },
  ]);
  expect(lost).toEqual([
    expect.objectContaining({
      about: 'keys',
      status: 'fault',
      says: expect.stringContaining(path.join('discord-edge', `tenant-${tenant}.key is missing`)),
      fix: expect.stringContaining('backup'),
    }),
  ]);
});

test('a journal full of zeros', async () => {
  await writeFile(await journal(), Buffer.alloc(16 * 1024 * 1024));
  expect(await found()).toMatchObject([{ about: 'database', status: 'fault', says: expect.stringContaining('(WAL)') }]);
});

test('a lock emptied during a run: doctor and status name the process and say how to continue', async () => {
  stack.use(await openDataFolder(dataPaths.path, { ports, live: false }));
  await truncate(dataPaths.lock);
  expect(await found()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        about: 'run',
        status: 'fault',
        says: expect.stringContaining(`process ${process.pid}`),
      }),
    ]),
  );
  await expect(statusOfFolder(dataPaths.path)).rejects.toMatchObject({ code: 'cli.damaged-lock' });
});
