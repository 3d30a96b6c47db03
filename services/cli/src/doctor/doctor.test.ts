import { execFile } from 'node:child_process';
import { chmod, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { openRootKey } from '#security/keyring/keyring-file.ts';
import { freeBlock } from '#test/free-port.ts';
import { scratchFolder } from '#test/scratch.ts';
import { openDataFolder, dataPathsIn, type DataPaths } from '../up/data-folder.ts';
import { diagnose, type DoctorOptions } from './doctor.ts';
import type { Finding } from './finding.ts';
import { checkNode } from './machine.ts';
import { checkClock, checkLive } from './outside.ts';
import { copyCluster } from './testing/copied-cluster.ts';

/*
 * A stopped installation, in which each test really breaks one thing. Checks of a running one are in running.test.ts, a
 * complete one is in test/e2e/story.test.ts, and real settings for --live are in test/faults/live.test.ts.
 */
let root: string;
let dataPaths: DataPaths;
let options: DoctorOptions;
const closing = new AsyncDisposableStack();

beforeEach(async () => {
  const folder = await scratchFolder('doctor');
  root = folder;
  closing.defer(() => rm(folder, { recursive: true, force: true }));
  const data = path.join(root, 'data');
  dataPaths = dataPathsIn(data);
  await (await openDataFolder(data, { live: false }))[Symbol.asyncDispose]();
  await openRootKey({ file: dataPaths.rootKey, keyFile: dataPaths.keyFile });
  await copyCluster(path.dirname(dataPaths.databaseVersion));
  await writeFile(path.join(dataPaths.logs, 'api.log'), '{}\n');
  options = { data, ports: await freeBlock(), live: false };
});
afterAll(() => closing.disposeAsync());

const notWell = (findings: readonly Finding[]) =>
  findings.filter(({ status, about }) => status !== 'ok' && about !== 'confinement');
const faults = async (more: Partial<DoctorOptions> = {}) => notWell(await diagnose({ ...options, ...more }));

async function passphraseOf(text: string) {
  const passphraseFile = path.join(root, 'passphrase');
  await writeFile(passphraseFile, `${text}\n`, { mode: 0o600 });
  return { passphraseFile };
}

async function everything(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  return Promise.all(entries.map(async (entry) => `${entry} ${(await stat(path.join(folder, entry))).mtimeMs}`));
}

describe('a sound installation', () => {
  test('has no fault, and is not changed by the check', async () => {
    const before = await everything(dataPaths.path);
    const findings = await diagnose(options);
    expect(notWell(findings)).toEqual([]);
    const about = new Set(findings.map((each) => each.about));
    for (const each of ['Node', 'disk', 'data folder', 'run', 'keyring', 'database', 'ports', 'clock', 'confinement'])
      expect(about).toContain(each);
    expect(await everything(dataPaths.path)).toEqual(before);
  });

  test('has no fault if its keyring has a passphrase that is given', async () => {
    await rm(dataPaths.rootKey);
    await openRootKey({ file: dataPaths.rootKey, passphrase: 'four words are better' });
    expect(await faults(await passphraseOf('four words are better'))).toEqual([]);
  });

  test('has no fault if it does not exist yet, and is not created', async () => {
    const data = path.join(root, 'elsewhere');
    expect(await faults({ data })).toEqual([]);
    expect(await readdir(root)).toEqual(['data']);
  });
});

describe('finds, and says how to fix,', () => {
  interface Breakage {
    readonly name: string;
    readonly break: () => Promise<Partial<DoctorOptions> | void>;
    readonly finding: Partial<Record<keyof Finding, unknown>>;
  }
  const breakages: readonly Breakage[] = [
    {
      name: 'a keyring that others can read',
      break: () => chmod(dataPaths.keyring, 0o755),
      finding: { about: 'data folder', says: expect.stringContaining('mode 755') },
    },
    {
      name: 'a key file that others can read',
      break: () => chmod(dataPaths.keyFile, 0o644),
      finding: { about: 'keyring', fix: expect.stringContaining('chmod go-rwx') },
    },
    {
      name: 'a missing key file',
      break: () => rm(dataPaths.keyFile),
      finding: { about: 'keyring', says: expect.stringContaining('is not there') },
    },
    {
      name: 'a keyring missing while the database exists, without creating a new one',
      break: () => rm(dataPaths.keyring, { recursive: true }),
      finding: { about: 'keyring', says: expect.stringContaining('from a backup') },
    },
    {
      name: 'a passphrase for a keyring that has none',
      break: () => passphraseOf('four words are better'),
      finding: { about: 'keyring', says: expect.stringContaining('sealed with a key file') },
    },
    {
      name: 'a wrong passphrase',
      break: async () => {
        await rm(dataPaths.rootKey);
        await openRootKey({ file: dataPaths.rootKey, passphrase: 'four words are better' });
        return passphraseOf('four words are worse');
      },
      finding: { about: 'keyring', fix: expect.stringContaining('--passphrase-file') },
    },
    {
      name: 'a code cache that others can change',
      break: () => chmod(dataPaths.cache, 0o775),
      finding: { about: 'data folder', says: expect.stringMatching(/others can change .*cache \(mode 775\)/) },
    },
    {
      name: 'a keyring that is not a keyring',
      break: () => writeFile(dataPaths.rootKey, '{}'),
      finding: { about: 'keyring', says: expect.stringContaining('cannot be read') },
    },
    {
      name: 'a database of another PostgreSQL version',
      break: () => writeFile(dataPaths.databaseVersion, '15\n'),
      finding: { about: 'database', says: expect.stringContaining('15, but 18 is installed') },
    },
    {
      name: 'a run that did not stop cleanly',
      break: () => writeFile(dataPaths.lock, JSON.stringify({ pid: 999_999, started: '1' })),
      finding: { about: 'run', status: 'warning', says: expect.stringContaining('did not stop cleanly') },
    },
    {
      name: 'a clock that has gone back',
      break: async () => {
        const later = Date.now() / 1_000 + 3_600;
        await utimes(path.join(dataPaths.logs, 'api.log'), later, later);
      },
      finding: { about: 'clock', says: expect.stringMatching(/gone back: .* 3(599|600) s ahead/) },
    },
    {
      name: 'missing settings for --live, without creating them',
      break: async () => ({ live: true }),
      finding: { about: 'settings', says: expect.stringContaining('live.yaml does not exist') },
    },
  ];

  test.each(breakages)('$name', async ({ break: damage, finding }) => {
    const more = (await damage()) ?? {};
    const found = await faults(more);
    expect(found).toEqual([{ status: 'fault', fix: expect.any(String), says: expect.any(String), ...finding }]);
  });

  test('a port in use, and by which process', async () => {
    const ports = await freeBlock();
    await using server = await listening(createServer(), ports + 2);
    const [finding, ...others] = await faults({ ports });
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ about: 'ports', status: 'fault' });
    expect(finding?.says).toContain(`127.0.0.1:${server.port} (discord-edge) cannot be used`);
    if (process.platform === 'linux') expect(finding?.says).toContain(`(process ${process.pid})`);
  });

  test('a database left by the last run, which the next start stops', { tags: 'linux' }, async () => {
    await writeFile(dataPaths.lock, JSON.stringify({ pid: 999_999, started: '1' }));
    await writeFile(dataPaths.databaseRun, `${process.pid}\n`);
    const ports = await freeBlock();
    await using server = await listening(createServer(), ports + 8);
    expect(await faults({ ports })).toMatchObject([
      { about: 'run', status: 'warning' },
      { about: 'ports', status: 'warning', says: expect.stringContaining(`127.0.0.1:${server.port} (postgres)`) },
    ]);
  });

  test('a data folder that this user may not read, and nothing else about it', { tags: 'linux' }, async () => {
    await chmod(dataPaths.path, 0o111);
    const findings = await diagnoseUnprivileged(options);
    await chmod(dataPaths.path, 0o711);
    expect(notWell(findings)).toMatchObject([
      { about: 'data folder', says: expect.stringContaining('cannot be read by this user') },
    ]);
    expect(findings.map(({ about }) => about)).not.toContain('keyring');
  });

  test('a DATABASE_URL where nothing answers', async () => {
    process.env['DATABASE_URL'] = 'postgresql://bailiwick:secret-of-mine@127.0.0.1:1/bailiwick';
    try {
      const found = await faults();
      expect(found).toMatchObject([
        { about: 'database', status: 'fault', says: expect.stringContaining('ECONNREFUSED') },
      ]);
      expect(JSON.stringify(found)).not.toContain('secret-of-mine');
    } finally {
      delete process.env['DATABASE_URL'];
    }
  });

  test('a Node that is too old, and accepts the right one', () => {
    expect(checkNode('20.20.2')).toMatchObject({ status: 'fault' });
    expect(checkNode()).toMatchObject({ status: 'ok' });
  });

  test('a clock further off than tokens tolerate, and accepts a correct one', async () => {
    await using server = await listening(createServer((_request, response) => response.end('{}')));
    const url = `http://127.0.0.1:${server.port}/`;
    const shifted = (ms: number) => () => Date.now() + ms;
    expect(await checkClock(url)).toMatchObject({ status: 'ok' });
    expect(await checkClock(url, undefined, shifted(60_000))).toMatchObject({
      status: 'fault',
      says: expect.stringContaining('ahead of'),
    });
    expect(await checkClock(url, undefined, shifted(-60_000))).toMatchObject({
      status: 'fault',
      says: expect.stringContaining('behind'),
    });
  });

  test('faulty settings, each by its path, and passwords that others can read', async () => {
    const file = path.join(root, 'live.yaml');
    const password = path.join(root, 'password');
    await writeFile(password, 'youshallnotpass\n', { mode: 0o644 });
    const nodes = `lavalink: { nodes: [{ id: one, url: 'https://127.0.0.1:1', passwordFile: ./password }] }`;
    const text = `publicUrl: https://bots.example.test\ndiscord: { apiUrl: 'https://127.0.0.1:1/api' }\n${nodes}\n`;
    await writeFile(file, `${text}listen: { host: 127.0.0.1, port: 8080 }\n`);
    const { findings, settings } = await checkLive(file);
    expect(settings).toMatchObject({ installation: 'bots.example.test' });
    expect(findings).toMatchObject([
      { about: 'settings', status: 'ok' },
      { about: 'Discord', status: 'fault', says: expect.stringContaining('/discord/apiUrl: cannot be reached') },
      { about: 'Lavalink', status: 'fault', says: expect.stringContaining('/lavalink/nodes/0/url: cannot be reached') },
      { about: 'settings', status: 'fault', says: expect.stringContaining('password (mode 644)') },
    ]);
    expect(JSON.stringify(findings)).not.toContain('youshallnotpass');
    await writeFile(file, 'publicUrl: here\n');
    expect((await checkLive(file)).findings.map(({ says }) => says)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^\/publicUrl: /), expect.stringMatching(/^\/discord: /)]),
    );
  });
});

async function listening(server: Server, port = 0): Promise<AsyncDisposable & { port: number }> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/** As `bailiwick doctor`, without root's privilege of reading everything (capabilities(7)). */
async function diagnoseUnprivileged({ data, ports }: DoctorOptions): Promise<Finding[]> {
  const lost = '-dac_override,-dac_read_search';
  const without = process.getuid?.() === 0 ? ['setpriv', `--bounding-set=${lost}`, `--inh-caps=${lost}`] : [];
  const main = path.join(import.meta.dirname, '../main.ts');
  const doctor = [process.execPath, main, 'doctor', '--data', data, '--ports', String(ports), '--json'];
  const [file = '', ...args] = [...without, ...doctor];
  return new Promise((resolve, reject) => {
    execFile(file, args, (_exit, stdout, stderr) => {
      if (stdout === '') reject(new Error(stderr));
      else resolve((JSON.parse(stdout) as { findings: Finding[] }).findings);
    });
  });
}
