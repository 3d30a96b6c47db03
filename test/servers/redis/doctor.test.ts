// @module-tag redis
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { sharingParts, type SharingPart } from '#infra/shared-state/shared-names.ts';
import { checkLive } from '#services/cli/src/doctor/outside.ts';
import { createAuthority } from '#test/authority.ts';
import { freePort } from '#test/free-port.ts';
import { RedisCluster } from './redis-cluster.ts';
import { RedisSentinels } from './redis-sentinels.ts';
import { RedisServer, untilBack } from './redis-server.ts';

/** What `bailiwick doctor` finds at a real Redis in which something really is wrong. */
const installation = 'doctor.example';
const stack = new AsyncDisposableStack();
let redis: RedisServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-redis-doctor-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  redis = stack.use(await RedisServer.start(installation));
  await writeSecrets(redis.settings.trustPem, (part) => redis.settingsOf(part).password);
});
afterAll(() => stack.disposeAsync());

const passwordFiles = {
  'gateway-proxy': './gateway-proxy',
  'discord-edge': './discord-edge',
  api: './api',
  audio: './audio',
};
async function writeSecrets(trustPem: string | undefined, passwordOf: (part: SharingPart) => string): Promise<void> {
  await write('authority.pem', trustPem ?? '');
  for (const part of sharingParts) await write(part, passwordOf(part));
}
const write = (name: string, text: string) => writeFile(path.join(folder, name), text, { mode: 0o600 });
/** The findings about Redis; Discord and Lavalink are not there. */
async function found(changes: object = {}, place: object = { url: redis.settings.url }) {
  const nobody = 'https://localhost:9';
  const sharedState = { kind: 'redis', passwordFiles, trustFile: './authority.pem', ...place, ...changes };
  await write('lavalink', 'youshallnotpass');
  await write(
    'live.yaml',
    stringify({
      publicUrl: `https://${installation}`,
      listen: { host: '127.0.0.1', port: 8080 },
      discord: { apiUrl: nobody },
      lavalink: { nodes: [{ id: 'main', url: nobody, passwordFile: './lavalink' }] },
      sharedState,
    }),
  );
  const { findings } = await checkLive(path.join(folder, 'live.yaml'));
  expect(JSON.stringify(findings)).not.toContain(redis.settings.password);
  return findings.filter(({ about }) => about === 'Redis');
}
const fault = (says: RegExp, fix = /fix it in|check that it is running/) => [
  { about: 'Redis', status: 'fault', says: expect.stringMatching(says), fix: expect.stringMatching(fix) },
];

test('finds nothing to fix where everything is as described', async () => {
  expect(await found()).toEqual([{ about: 'Redis', status: 'ok', says: 'answers' }]);
});

test('finds a wrong password, without telling it', async () => {
  await write('wrong', 'another password');
  const findings = await found({ passwordFiles: { ...passwordFiles, api: './wrong' } });
  expect(findings).toEqual(fault(/^\/sharedState\/passwordFiles\/api: .*does not accept this user and password/));
  expect(JSON.stringify(findings)).not.toContain('another password');
});

test('finds a password file that is not there', async () => {
  const findings = await found({ passwordFiles: { ...passwordFiles, 'discord-edge': './none' } });
  expect(findings).toEqual(fault(/^\/sharedState\/passwordFiles\/discord-edge: .*cannot be read/));
});

test('finds an authority that did not sign the certificate', async () => {
  await write('other.pem', (await createAuthority()).certPem);
  expect(await found({ trustFile: './other.pem' })).toEqual(
    fault(/^\/sharedState\/trustFile: .*not signed by a trusted authority/),
  );
});

test.each([
  [{ url: undefined }, /^\/sharedState\/url: is missing/],
  [{ cluster: ['rediss://localhost:6379'] }, /^\/sharedState\/cluster: does not go with url/],
  [{ url: undefined, sentinels: ['rediss://localhost:26379'], sentinelPasswordFile: './api' }, /\/master: is missing/],
  [{ url: undefined, sentinels: ['redis://localhost:26379'], master: 'm' }, /must be a rediss address/],
  [{ master: 'm' }, /^\/sharedState\/master: needs sentinels/],
])('finds settings that do not go together: %o', async (changes, says) => {
  expect(await found(changes)).toEqual(expect.arrayContaining(fault(says)));
});

test('understands Sentinels, and finds a master they do not know and a password they do not accept', async () => {
  await using sentinels = await RedisSentinels.start(installation);
  const settings = sentinels.settingsOf('gateway-proxy');
  await writeSecrets(settings.trustPem, (part) => sentinels.settingsOf(part).password);
  await write('sentinel', settings.sentinelPassword ?? '');
  const place = { sentinels: settings.sentinels, master: 'bailiwick', sentinelPasswordFile: './sentinel' };
  try {
    expect(await found({}, place)).toEqual([{ about: 'Redis', status: 'ok', says: 'answers' }]);
    expect(await found({ master: 'nobody' }, place)).toEqual(
      fault(/^\/sharedState\/master: .*no Sentinel knows a master of this name/),
    );
    await write('wrong', 'another password');
    expect(await found({ sentinelPasswordFile: './wrong' }, place)).toEqual(
      fault(/^\/sharedState\/sentinelPasswordFile: .*do not accept this user and password/),
    );
  } finally {
    await writeSecrets(redis.settings.trustPem, (part) => redis.settingsOf(part).password);
  }
});

test('understands a cluster, and finds that a server is none', async () => {
  await using cluster = await RedisCluster.start(installation, 0);
  const settings = cluster.settingsOf('gateway-proxy');
  await writeSecrets(settings.trustPem, (part) => cluster.settingsOf(part).password);
  try {
    expect(await found({}, { cluster: settings.cluster })).toEqual([{ about: 'Redis', status: 'ok', says: 'answers' }]);
  } finally {
    await writeSecrets(redis.settings.trustPem, (part) => redis.settingsOf(part).password);
  }
  await redis.admin.call('ACL', 'SETUSER', 'gateway-proxy', '+cluster|slots');
  const [first] = await found({}, { cluster: [redis.settings.url] });
  expect(first).toMatchObject({ status: 'fault', says: expect.stringMatching(/^\/sharedState\/cluster: /) });
});

test('finds a user without the rights', async () => {
  await redis.admin.call('ACL', 'SETUSER', 'gateway-proxy', '-get');
  try {
    expect(await found()).toEqual(fault(/lacks a right there \(infra\/deploy\/redis\)/));
  } finally {
    await redis.admin.call('ACL', 'SETUSER', 'gateway-proxy', '+get');
  }
});

test('finds a Redis without TLS, and an address that asks for none', async () => {
  const port = await freePort();
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
    stdio: 'ignore',
    cwd: folder,
  });
  const plain = new Redis({ host: '127.0.0.1', port });
  plain.on('error', () => undefined);
  try {
    await untilBack(() => plain.ping());
    expect(await found({ url: `rediss://localhost:${port}` })).toEqual(
      fault(/^\/sharedState\/url: .*does not speak TLS/),
    );
  } finally {
    plain.disconnect();
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  expect(await found({ url: 'redis://localhost:6379' })).toEqual(fault(/must be a rediss address/));
});

test('finds a Redis that hangs, and one that is not there', async () => {
  redis.pause();
  try {
    expect(await found()).toEqual(fault(/^\/sharedState\/url: .*does not answer/));
  } finally {
    redis.resume();
  }
  await redis.stop();
  expect(await found()).toEqual(fault(/^\/sharedState\/url: .*(?:does not answer|ECONNREFUSED)/));
});
